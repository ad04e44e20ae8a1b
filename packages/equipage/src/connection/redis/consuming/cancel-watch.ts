import { type Clock, EquipageError, type Timer } from '../../../core/index.ts'
import type { RedisClient } from '../server/index.ts'

/** The jobs that shall be cancelled while they run: a sorted set, scored by when that was asked for. */
export function cancelsKey(prefix: string): string {
  // No queue has an empty name, so it meets none of BullMQ's keys.
  return `${prefix}::cancels`
}

/** A job as that set names it; no queue has a colon in its name. */
export function cancelText(queue: string, id: string): string {
  return `${queue}:${id}`
}

const lookEveryMs = 1_000

/** What is looked up of a job that runs. */
interface Watched {
  readonly id: string
  readonly name: string
  readonly queue: string
  /** Epoch milliseconds: an older cancellation was meant for another job of the same id. */
  readonly pushedAt: number
}

/** The jobs that run, to be aborted. Looks once a second, while there are any, whether one of them was cancelled. */
export class CancelWatch {
  readonly #client: RedisClient
  readonly #key: string
  readonly #clock: Clock
  readonly #running = new Map<string, { job: Watched; controller: AbortController }>()
  readonly #aborted = new Set<string>()
  #timer: Timer | undefined
  #looking = false

  constructor(client: RedisClient, prefix: string, clock: Clock) {
    this.#client = client
    this.#key = cancelsKey(prefix)
    this.#clock = clock
  }

  /** @returns to be called when the attempt has ended */
  add(job: Watched, controller: AbortController): () => void {
    const text = cancelText(job.queue, job.id)
    const running = { job, controller }
    this.#running.set(text, running)
    this.#wait()
    return () => {
      // A job whose lock was lost may run here a second time already.
      if (this.#running.get(text) === running) this.#running.delete(text)
    }
  }

  /** To be called when no more jobs will run. */
  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  /** Aborts a job that runs here; nothing happens when none of that id does. */
  abort(queue: string, id: string, reason: Error): void {
    this.#running.get(cancelText(queue, id))?.controller.abort(reason)
  }

  /** Aborts every job that runs here. */
  abortAll(reason: Error): void {
    for (const { controller } of this.#running.values()) controller.abort(reason)
  }

  /** The job is on record as failed: if it was cancelled, nobody has to look for that any more. */
  async failed(queue: string, id: string): Promise<void> {
    const text = cancelText(queue, id)
    if (this.#aborted.delete(text)) await this.#client.zrem(this.#key, text)
  }

  #wait(): void {
    if (this.#timer || this.#looking) return
    this.#timer = this.#clock.after(lookEveryMs, () => void this.#look())
  }

  async #look(): Promise<void> {
    this.#timer = undefined
    // A timer for each of the short jobs that follow one another would cost more than this one.
    if (this.#running.size === 0) return
    this.#looking = true
    try {
      const marks = await this.#client.zrange(this.#key, 0, '-1', 'WITHSCORES')
      for (let index = 0; index < marks.length; index += 2) {
        const [text = '', askedAt] = marks.slice(index, index + 2)
        const running = this.#running.get(text)
        if (!running || running.job.pushedAt > Number(askedAt)) continue
        const { name, id } = running.job
        this.#aborted.add(text)
        running.controller.abort(new EquipageError('E_JOB_CANCELLED', { job: name, jobId: id }))
      }
    } catch {
      // The connection tells by itself that it is away; the next look finds the same.
    } finally {
      this.#looking = false
      if (this.#running.size > 0) this.#wait()
    }
  }
}
