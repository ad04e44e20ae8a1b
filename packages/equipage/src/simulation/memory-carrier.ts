import type {
  Carrier,
  ConsumeOptions,
  Consumer,
  QueueCounts,
  QueueWait,
} from '../connection/index.ts'
import type { Clock } from '../core/index.ts'
import { type PushedJob, type Receipt, refusedReceipt } from '../job/index.ts'
import { MemoryGuards } from './memory-guards.ts'

/** A job that was pushed. Times are epoch milliseconds. */
export interface MemoryPush {
  readonly id: string
  readonly job: PushedJob
  readonly pushedAt: number
}

export interface MemoryCarrierOptions {
  /** How long a job is unfinished, in milliseconds from when it may run; 0 when left out. */
  durationOf?: ((job: PushedJob) => number) | undefined
  /** Told of each push, before `push` returns. */
  onPush?: ((push: MemoryPush) => void) | undefined
  /** Whether a push may be refused for another one of its key; true when left out. */
  guarded?: boolean | undefined
}

/** A job that was taken: it is unfinished from the one moment to the other. */
export interface HeldJob extends MemoryPush {
  readonly runsAt: number
  endsAt: number
}

/**
 * Takes jobs and runs none: it records them, and takes each as finished when its time is over, or
 * when its owner says so.
 */
export class MemoryCarrier implements Carrier {
  readonly #clock: Clock
  readonly #options: MemoryCarrierOptions
  readonly #pushes: MemoryPush[] = []
  readonly #kept = new Map<string, HeldJob>()
  readonly #guards = new MemoryGuards()
  #ids = 0

  constructor(clock: Clock, options: MemoryCarrierOptions = {}) {
    this.#clock = clock
    this.#options = options
  }

  /** Every push that was taken, the oldest first. */
  get pushes(): readonly MemoryPush[] {
    return this.#pushes
  }

  push(job: PushedJob): Promise<Receipt> {
    return Promise.resolve(this.take(job))
  }

  /** Takes a job at once; one whose id is there already is taken for the same. */
  take(job: PushedJob): Receipt {
    const { name, queue, delayMs } = job
    const id = job.id ?? String(++this.#ids)
    const receipt: Receipt = { id, name, queue, state: delayMs > 0 ? 'delayed' : 'waiting' }
    if (this.#kept.has(id)) return receipt
    const pushedAt = Math.floor(this.#clock.now())
    const conflictingId = this.#conflictingId(job, id, pushedAt)
    if (conflictingId !== undefined) return refusedReceipt(job, conflictingId)
    const runsAt = pushedAt + delayMs
    const endsAt = runsAt + (this.#options.durationOf?.(job) ?? 0)
    const kept: HeldJob = { id, job, pushedAt, runsAt, endsAt }
    this.#kept.set(id, kept)
    this.#pushes.push(kept)
    this.#options.onPush?.(kept)
    return receipt
  }

  #conflictingId(job: PushedJob, id: string, now: number): string | undefined {
    if (this.#options.guarded === false) return undefined
    return this.#guards.pass(job, id, now, this.#kept.values(), former => this.drop(former))
  }

  /** The run of a job is over: it holds no tick up any more. One that is not there is left alone. */
  end(id: string): void {
    const kept = this.#kept.get(id)
    if (kept) kept.endsAt = Math.min(kept.endsAt, Math.floor(this.#clock.now()))
  }

  /** Every job that is there, the oldest first. */
  held(): readonly HeldJob[] {
    return [...this.#kept.values()]
  }

  /** Lets go of a job; false when it is not there. */
  drop(id: string): boolean {
    return this.#kept.delete(id)
  }

  /** Whether a job is there and not finished. */
  isUnfinished(id: string): boolean {
    const kept = this.#kept.get(id)
    return kept !== undefined && kept.endsAt > this.#clock.now()
  }

  /** It takes nothing from the queues: jobs end by themselves, or by `end`. */
  consume(_options: ConsumeOptions): Consumer {
    return {
      finished: new Promise(() => undefined),
      isIdle: async () => true,
      start: async () => undefined,
      stop: async () => ({ handedBack: 0 }),
    }
  }

  /** Nobody takes them, and no queue is paused here. */
  async waits(queues: readonly string[]): Promise<QueueWait[]> {
    const now = this.#clock.now()
    const held = [...this.#kept.values()].filter(
      ({ runsAt, endsAt }) => runsAt <= now && endsAt > now,
    )
    return queues.map(queue => {
      const since = held.flatMap(({ job, runsAt }) => (job.queue === queue ? [runsAt] : []))
      return { queue, waiting: since.length, longestMs: now - Math.min(now, ...since) }
    })
  }

  async counts(queues: readonly string[]): Promise<QueueCounts[]> {
    const now = this.#clock.now()
    return queues.map(queue => {
      const counts = { queue, waiting: 0, delayed: 0, active: 0, completed: 0, failed: 0 }
      for (const { job, runsAt, endsAt } of this.#kept.values()) {
        if (job.queue !== queue) continue
        counts[runsAt > now ? 'delayed' : endsAt > now ? 'waiting' : 'completed']++
      }
      return counts
    })
  }
}
