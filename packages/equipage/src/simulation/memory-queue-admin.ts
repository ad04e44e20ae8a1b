import type {
  Cancellation,
  Cleared,
  JobQuery,
  QueueAdmin,
  Retrial,
  StoredJob,
} from '../connection/index.ts'
import type { Clock } from '../core/index.ts'
import type { HeldJob, MemoryCarrier } from './memory-carrier.ts'

/** Looks after the jobs that a memory carrier has taken. None of them fails, and a pause stops nobody. */
export class MemoryQueueAdmin implements QueueAdmin {
  readonly #carrier: MemoryCarrier
  readonly #clock: Clock
  readonly #paused = new Set<string>()

  constructor(carrier: MemoryCarrier, clock: Clock) {
    this.#carrier = carrier
    this.#clock = clock
  }

  async holds(queue: string): Promise<boolean> {
    return this.#paused.has(queue) || this.#stored(queue).length > 0
  }

  async list({ queue, state, offset, limit }: JobQuery): Promise<StoredJob[]> {
    const jobs = this.#stored(queue).filter(job => job.state === state)
    return jobs.reverse().slice(offset, offset + limit)
  }

  async find(queue: string, id: string): Promise<StoredJob | undefined> {
    return this.#stored(queue).find(job => job.id === id)
  }

  /** The oldest first. */
  #stored(queue: string): StoredJob[] {
    const now = this.#clock.now()
    const held = this.#carrier.held().filter(({ job }) => job.queue === queue)
    return held.map(one => storedJob(one, now))
  }

  async retry(): Promise<Retrial> {
    return 'missing'
  }

  async retryAll(): Promise<number> {
    return 0
  }

  async forget(queue: string, id: string): Promise<boolean> {
    return (await this.find(queue, id)) !== undefined && this.#carrier.drop(id)
  }

  async clear(queue: string): Promise<Cleared> {
    const cleared = { waiting: 0, delayed: 0 }
    for (const { id, state } of this.#stored(queue)) {
      if (state !== 'waiting' && state !== 'delayed') continue
      cleared[state]++
      this.#carrier.drop(id)
    }
    return cleared
  }

  async setPaused(queue: string, paused: boolean): Promise<boolean> {
    if (!paused) return this.#paused.delete(queue)
    const changed = !this.#paused.has(queue)
    this.#paused.add(queue)
    return changed
  }

  async paused(queues: readonly string[]): Promise<boolean[]> {
    return queues.map(queue => this.#paused.has(queue))
  }

  async cancel(queue: string, id: string): Promise<Cancellation> {
    const job = await this.find(queue, id)
    if (!job) return 'missing'
    if (job.state === 'completed') return 'ended'
    this.#carrier.drop(id)
    return 'removed'
  }
}

function storedJob({ id, job, pushedAt, runsAt, endsAt }: HeldJob, now: number): StoredJob {
  const state = runsAt > now ? 'delayed' : endsAt > now ? 'waiting' : 'completed'
  const { name, queue, data, metadata, attempts, priority } = job
  return {
    id,
    name,
    queue,
    state,
    data,
    metadata,
    attemptsMade: state === 'completed' ? 1 : 0,
    attempts,
    priority,
    progress: null,
    result: null,
    error: null,
    pushedAt,
    dueAt: state === 'delayed' ? runsAt : null,
    startedAt: state === 'completed' ? runsAt : null,
    endedAt: state === 'completed' ? endsAt : null,
    worker: null,
  }
}
