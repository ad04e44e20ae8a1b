import type { Clock, HandedBack, Timer } from '../../../core/index.ts'
import type { Receipt } from '../../../job/index.ts'
import type { Logger } from '../../../log/index.ts'
import type { ConsumeOptions, Consumer } from '../../connection.ts'
import type { JobRow } from '../state/index.ts'
import type { JobLeases } from './job-leases.ts'

interface Parts {
  leases: JobLeases
  runKept(row: JobRow): Promise<Receipt>
  drain(graceMs: number): Promise<HandedBack>
  log: Logger
  clock: Clock
}

/** Another process may have kept a job without telling, so the file is looked at this often. */
const longestPauseMs = 1_000

/** Runs the kept jobs that become due. Jobs of one process wake it at once, those of others within a second. */
export class SyncConsumer implements Consumer {
  readonly #options: ConsumeOptions
  readonly #dependencies: Parts
  readonly #running = new Map<string, number>()
  readonly #finished = Promise.withResolvers<void>()
  /** How many attempts it may still begin. */
  #left: number
  #timer: Timer | undefined
  #state: 'idle' | 'on' | 'stopped' = 'idle'
  #looking: Promise<void> | undefined
  #lookAgain = false

  constructor(options: ConsumeOptions, dependencies: Parts) {
    this.#options = options
    this.#dependencies = dependencies
    this.#left = options.limit ?? Number.POSITIVE_INFINITY
  }

  get finished(): Promise<void> {
    return this.#finished.promise
  }

  async isIdle(): Promise<boolean> {
    const dueAt = await this.#dependencies.leases.nextDue(this.#options.queues)
    return dueAt === undefined || dueAt > this.#dependencies.clock.now()
  }

  async start(): Promise<void> {
    if (this.#state !== 'idle') return
    this.#state = 'on'
    this.wake()
  }

  /** Looks now: something may have become due. */
  wake(): void {
    if (this.#state !== 'on' || this.#left === 0) return
    if (this.#looking !== undefined) {
      this.#lookAgain = true
      return
    }
    this.#timer?.cancel()
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined
      if (this.#lookAgain) {
        this.#lookAgain = false
        this.wake()
      }
    })
  }

  async stop(graceMs: number): Promise<HandedBack> {
    this.#state = 'stopped'
    this.#timer?.cancel()
    await this.#looking
    return this.#dependencies.drain(graceMs)
  }

  async #look(): Promise<void> {
    let pauseMs = longestPauseMs
    try {
      for (const queue of this.#options.queues) await this.#fill(queue)
      // A queue without a free place is looked at again when one becomes free.
      const open = this.#options.queues.filter(queue => this.#hasPlace(queue))
      const dueAt = open.length > 0 ? await this.#dependencies.leases.nextDue(open) : undefined
      const untilDueMs = (dueAt ?? Number.POSITIVE_INFINITY) - this.#dependencies.clock.now()
      pauseMs = Math.min(pauseMs, Math.max(0, untilDueMs))
    } catch (err) {
      this.#dependencies.log.error({ err }, 'kept jobs cannot be read; trying again in a second')
    }
    if (this.#state === 'on' && this.#left > 0)
      this.#timer = this.#dependencies.clock.after(pauseMs, () => this.wake())
  }

  async #fill(queue: string): Promise<void> {
    while (this.#state === 'on' && this.#left > 0 && this.#hasPlace(queue)) {
      const row = await this.#dependencies.leases.take(queue)
      if (!row) return
      this.#left--
      this.#running.set(queue, this.#count(queue) + 1)
      void this.#run(row)
    }
  }

  async #run(row: JobRow): Promise<void> {
    try {
      await this.#dependencies.runKept(row)
    } catch (err) {
      this.#dependencies.log.error(
        { err, jobId: row.id },
        'how a job ended could not be kept; it will run again',
      )
    } finally {
      this.#running.set(row.queue, this.#count(row.queue) - 1)
      const runs = this.#options.queues.some(queue => this.#count(queue) > 0)
      if (this.#left === 0 && !runs) this.#finished.resolve()
      this.wake()
    }
  }

  #hasPlace(queue: string): boolean {
    return this.#count(queue) < this.#options.concurrency
  }

  #count(queue: string): number {
    return this.#running.get(queue) ?? 0
  }
}
