import { Job, type Queue } from 'bullmq'
import { readMetadata } from '../../job/index.ts'
import {
  type Cancellation,
  type Cleared,
  type JobQuery,
  type JobState,
  jobStates,
  type QueueAdmin,
  type Retrial,
  type StoredJob,
} from '../queue-admin.ts'
import {
  cancelsKey,
  cancelText,
  cannotRead,
  shownUnreadable,
  type UnreadableJob,
  unreadable,
} from './consuming/index.ts'
import { heldKey, holdKey, type Producer } from './pushing/index.ts'
import { connectionError, type RedisSettings } from './server/index.ts'

/** BullMQ's names of its sets, for each of ours. */
const setsOf: Readonly<Record<JobState, readonly ('prioritized' | JobState)[]>> = {
  waiting: ['waiting', 'prioritized'],
  delayed: ['delayed'],
  active: ['active'],
  completed: ['completed'],
  failed: ['failed'],
}

/** What BullMQ answers when a job to retry is gone, or has not failed. */
const notRetried = new Set<unknown>([-1, -3])

/** How many failed jobs are retried side by side. */
const batchSize = 100

/** How long a cancellation is remembered that no worker came to take. */
const cancelsKeptMs = 86_400_000

/** Looks after queues through BullMQ, so that its own tools see the same. */
export class RedisQueueAdmin implements QueueAdmin {
  readonly #producer: Producer
  readonly #settings: RedisSettings

  constructor(producer: Producer, settings: RedisSettings) {
    this.#producer = producer
    this.#settings = settings
  }

  holds(name: string): Promise<boolean> {
    return this.#asked(async () => {
      await this.#producer.ready()
      const { client } = this.#producer
      // Opening BullMQ's queue would write its `meta`, and so bring about what is asked for.
      const key = (set: string) => `${this.#settings.prefix}:${name}:${set}`
      const sets = ['wait', 'prioritized', 'delayed', 'active', 'completed', 'failed']
      const found = await Promise.all([
        ...sets.map(set => client.exists(key(set))),
        client.hexists(key('meta'), 'paused'),
      ])
      return found.includes(1)
    })
  }

  list({ queue: name, state, offset, limit }: JobQuery): Promise<StoredJob[]> {
    return this.#over(name, async queue => {
      const jobs: StoredJob[] = []
      let passed = offset
      for (const set of setsOf[state]) {
        if (jobs.length === limit) break
        const first = Math.max(0, passed)
        const last = first + limit - jobs.length - 1
        const ids = (await queue.getRanges([set], first, last, false)).slice(0, limit - jobs.length)
        const found = await Promise.all(ids.map(id => this.#byId(queue, id, state)))
        jobs.push(...found.filter(job => job !== undefined))
        if (passed > 0) passed -= (await queue.getJobCounts(set))[set] ?? 0
      }
      return jobs
    })
  }

  find(name: string, id: string): Promise<StoredJob | undefined> {
    return this.#over(name, async queue => {
      const state = await stateOf(queue, id)
      return state && this.#byId(queue, id, state)
    })
  }

  /** The job; of one that BullMQ cannot read, what can be shown of it. */
  async #byId(queue: Queue, id: string, state: JobState): Promise<StoredJob | undefined> {
    const job = await this.#read(queue, id)
    if (job instanceof Job) return this.#stored(queue, job, state)
    return job && shownUnreadable(job, state)
  }

  async #read(queue: Queue, id: string): Promise<Job | UnreadableJob | undefined> {
    try {
      return await queue.getJob(id)
    } catch (thrown) {
      if (!cannotRead(thrown)) throw thrown
      const job = await unreadable(this.#producer.client, queue.toKey(''), queue.name, id)
      if (job) return job
      throw thrown
    }
  }

  /** @throws E_JOB_UNREADABLE */
  async #job(queue: Queue, id: string): Promise<Job | undefined> {
    const job = await this.#read(queue, id)
    if (job === undefined || job instanceof Job) return job
    throw job.error
  }

  async #stored(queue: Queue, job: Job, state: JobState): Promise<StoredJob> {
    const id = job.id ?? ''
    return {
      id,
      name: job.name,
      queue: job.queueName,
      state,
      data: job.data,
      metadata: readMetadata((job.opts as { equipage?: unknown }).equipage),
      attemptsMade: job.attemptsMade,
      attempts: job.opts.attempts ?? 1,
      priority: job.priority,
      // BullMQ writes 0 where nothing was told.
      progress: job.progress === 0 ? null : job.progress,
      result: state === 'completed' ? job.returnvalue : null,
      error: job.failedReason
        ? { message: job.failedReason, stack: job.stacktrace?.at(-1) ?? null }
        : null,
      pushedAt: job.timestamp,
      dueAt: state === 'delayed' ? await this.#dueAt(queue, id) : null,
      startedAt: job.processedOn ?? null,
      endedAt: job.finishedOn ?? null,
      worker: job.processedBy ?? null,
    }
  }

  async #dueAt(queue: Queue, id: string): Promise<number | null> {
    const score = await this.#producer.client.zscore(queue.toKey('delayed'), id)
    // BullMQ keeps the order within a millisecond in the lowest twelve bits.
    return score === null ? null : Math.floor(Number(score) / 0x1000)
  }

  retry(name: string, id: string): Promise<Retrial> {
    return this.#over(name, queue => this.#retry(queue, id))
  }

  async #retry(queue: Queue, id: string): Promise<Retrial> {
    const job = await this.#job(queue, id)
    if (!job) return 'missing'
    // Before it waits again: its next attempt shall not meet the old cancellation.
    await this.#uncancel(queue.name, id)
    const { client } = this.#producer
    const key = heldKey(queue, job)
    const conflictingId = key && (await holdKey(client, key, queue.toKey(''), id))
    if (conflictingId) return { conflictingId }
    try {
      await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
      if (key) await client.persist(key)
      return 'retried'
    } catch (error) {
      if (key) await job.removeDeduplicationKey()
      if (notRetried.has((error as { code?: unknown }).code)) return 'missing'
      throw error
    }
  }

  retryAll(name: string): Promise<number> {
    return this.#over(name, async queue => {
      // All that have failed by now: what fails again meanwhile is not retried twice.
      const ids = await this.#producer.client.zrange(queue.toKey('failed'), 0, '-1')
      let retried = 0
      for (let first = 0; first < ids.length; first += batchSize) {
        const batch = ids.slice(first, first + batchSize)
        const done = await Promise.all(batch.map(id => this.#retry(queue, id)))
        retried += done.filter(retrial => retrial === 'retried').length
      }
      return retried
    })
  }

  forget(name: string, id: string): Promise<boolean> {
    return this.#over(name, async queue => {
      if ((await stateOf(queue, id)) === undefined) return false
      const removed = (await queue.remove(id)) === 1
      if (removed) await this.#uncancel(name, id)
      return removed
    })
  }

  clear(name: string): Promise<Cleared> {
    return this.#over(name, async queue => {
      const counts = await queue.getJobCounts('waiting', 'prioritized', 'delayed')
      const { waiting = 0, prioritized = 0, delayed = 0 } = counts
      await queue.drain(true)
      return { waiting: waiting + prioritized, delayed }
    })
  }

  setPaused(name: string, paused: boolean): Promise<boolean> {
    return this.#over(name, async queue => {
      const changed = (await queue.isPaused()) !== paused
      await (paused ? queue.pause() : queue.resume())
      return changed
    })
  }

  paused(names: readonly string[]): Promise<boolean[]> {
    return Promise.all(names.map(name => this.#over(name, queue => queue.isPaused())))
  }

  cancel(name: string, id: string): Promise<Cancellation> {
    return this.#over(name, async queue => {
      for (;;) {
        const job = await this.#job(queue, id)
        if (!job) return 'missing'
        if (job.finishedOn) return 'ended'
        // BullMQ removes no job that a worker holds.
        if ((await queue.remove(id)) === 1) return 'removed'
        await this.#mark(name, id)
        const state = await job.getState()
        if (state === 'active') return 'aborting'
        // Its attempt ended in between: it has ended, or waits for the next one.
        await this.#uncancel(name, id)
      }
    })
  }

  async #mark(queue: string, id: string): Promise<void> {
    const { client } = this.#producer
    const key = cancelsKey(this.#settings.prefix)
    const now = Date.now()
    await client
      .multi()
      .zremrangebyscore(key, '-inf', now - cancelsKeptMs)
      .zadd(key, now, cancelText(queue, id))
      .exec()
  }

  async #uncancel(queue: string, id: string): Promise<void> {
    const key = cancelsKey(this.#settings.prefix)
    await this.#producer.client.zrem(key, cancelText(queue, id))
  }

  #over<T>(name: string, work: (queue: Queue) => Promise<T>): Promise<T> {
    return this.#asked(async () => work(await this.#producer.queue(name)))
  }

  async #asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      throw connectionError(this.#settings, error)
    }
  }
}

async function stateOf(queue: Queue, id: string): Promise<JobState | undefined> {
  const state = await queue.getJobState(id)
  if (state === 'prioritized' || state === 'waiting-children') return 'waiting'
  return jobStates.find(known => known === state)
}
