import {
  DelayedError,
  type Job,
  UnrecoverableError,
  WaitingError,
  type WorkerOptions,
} from 'bullmq'
import {
  type Clock,
  EquipageError,
  type EventSink,
  type HandedBack,
  processName,
  settlesWithin,
  toError,
} from '../../../core/index.ts'
import {
  type Checkpoints,
  type EndedJob,
  type JobEvents,
  MemoryCheckpoints,
  type Outcome,
  readMetadata,
} from '../../../job/index.ts'
import type { Logger } from '../../../log/index.ts'
import type {
  ConsumeOptions,
  Consumer,
  FollowLost,
  LimitsOf,
  RunAttempt,
} from '../../connection.ts'
import { backoffType, type KeepDefaults } from '../pushing/index.ts'
import {
  type RedisClient,
  type RedisSettings,
  watchConnection,
  workerClient,
} from '../server/index.ts'
import { BullWorker, type BullWorkerDependencies } from './bull-worker.ts'
import { CancelWatch } from './cancel-watch.ts'
import { defineEndings } from './endings.ts'
import { finishingBackend } from './finishing-backend.ts'
import { writeLimits } from './queue-limits.ts'
import { RedisCheckpoints } from './redis-checkpoints.ts'
import { UnreadableJobs } from './unreadable-jobs.ts'

export interface RedisConsumerDependencies {
  readonly settings: RedisSettings
  readonly run: RunAttempt
  readonly lost?: FollowLost | undefined
  readonly limitsOf?: LimitsOf | undefined
  readonly keep: KeepDefaults
  /** How long a worker may be silent before its jobs run elsewhere. */
  readonly lockMs: number
  readonly log: Logger
  readonly clock: Clock
  /** Told of jobs whose worker went silent. */
  readonly events?: EventSink<JobEvents> | undefined
}

/** How often one job may take its worker down with it before it is failed. BullMQ's own default fails it the second time. */
const crashLimit = 10

/** How long a stop may wait for Redis once no job runs any more. */
const closePatienceMs = 3_000

/** Why a job is aborted that another worker has taken over. */
const lostLock =
  'this worker was silent for longer than WORKER_LOCK, and the job runs again elsewhere'

/** A failure that BullMQ shall try again after `delayMs`. */
class RetryLater extends Error {
  readonly delayMs: number

  constructor(error: Error, delayMs: number) {
    super(error.message, { cause: error })
    this.name = error.name
    if (error.stack !== undefined) this.stack = error.stack
    this.delayMs = delayMs
  }
}

/** A BullMQ worker for each queue, all over one connection beside the one that each waits on. */
export class RedisConsumer implements Consumer {
  readonly #options: ConsumeOptions
  readonly #dependencies: RedisConsumerDependencies
  readonly #workers: BullWorker[] = []
  /** What follows jobs that were failed without an attempt. */
  readonly #followed = new Set<Promise<void>>()
  readonly #finished = Promise.withResolvers<void>()
  #client: RedisClient | undefined
  #cancels: CancelWatch | undefined
  #unreadable: UnreadableJobs | undefined
  #stopping: Promise<HandedBack> | undefined
  #closed: Promise<unknown> | undefined
  #begun = 0
  #handedBack = 0

  constructor(options: ConsumeOptions, dependencies: RedisConsumerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  get finished(): Promise<void> {
    return this.#finished.promise
  }

  /** Returns at once: while Redis is away the workers wait for it. */
  async start(): Promise<void> {
    if (this.#client || this.#stopping !== undefined) return
    const { settings, log, clock } = this.#dependencies
    this.#client = workerClient(settings)
    defineEndings(this.#client)
    this.#cancels = new CancelWatch(this.#client, settings.prefix, clock)
    this.#unreadable = new UnreadableJobs(
      { client: this.#client, prefix: settings.prefix, clock },
      job => this.#followLater(job, job.error),
    )
    watchConnection(this.#client, settings, log)
    await this.#limit(this.#client)
    if (this.#stopping !== undefined) return
    for (const queue of this.#options.queues) this.#workers.push(this.#open(queue, this.#client))
  }

  /** Writes down the limits of the queues: now, in front of what the workers ask for, and again when Redis comes back. */
  async #limit(client: RedisClient): Promise<void> {
    const { settings, limitsOf, log } = this.#dependencies
    if (!limitsOf) return
    const limited = await Promise.all(
      this.#options.queues.map(async queue => ({ queue, limits: await limitsOf(queue) })),
    )
    const write = () => {
      for (const { queue, limits } of limited) {
        writeLimits(client, settings.prefix, queue, limits).catch(err => {
          if (client.status === 'ready') log.error({ err, queue }, 'limits could not be written')
        })
      }
    }
    write()
    client.on('ready', write)
  }

  #open(queue: string, connection: RedisClient): BullWorker {
    const { settings, keep, lockMs, log, events } = this.#dependencies
    const { concurrency, limit = concurrency } = this.#options
    const options: WorkerOptions = {
      connection,
      name: processName(),
      prefix: settings.prefix,
      // BullMQ takes as many jobs as it has places before it begins the first.
      concurrency: Math.min(concurrency, limit),
      lockDuration: lockMs,
      stalledInterval: lockMs,
      maxStalledCount: crashLimit,
      skipVersionCheck: true,
      removeOnComplete: { age: keep.completed.ageMs / 1_000, count: keep.completed.count },
      removeOnFail: { age: keep.failed.ageMs / 1_000, count: keep.failed.count },
      settings: {
        backoffStrategy: (_attempts, _type, error) =>
          error instanceof RetryLater ? error.delayMs : 0,
      },
    }
    const dependencies: BullWorkerDependencies = {
      process: (job, token) => this.#process(job, token),
      beforeFailing: (job, reason) =>
        this.#follow(endedJob(job), job.attemptsMade + 1, new UnrecoverableError(reason)),
      backend: finishingBackend,
    }
    const worker = new BullWorker(queue, dependencies, options)
    worker.on('error', err => {
      // A lost connection is told of once, by the connection itself.
      if (connection.status !== 'ready') return
      log.error({ err, queue }, 'worker error')
      this.#unreadable?.look(queue)
    })
    worker.on('failed', job => {
      // What cannot be forgotten now is forgotten when it is a day old.
      if (job?.id) this.#cancels?.failed(queue, job.id).catch(() => undefined)
    })
    worker.on('stalled', jobId => {
      log.warn({ jobId, queue }, 'job stalled: its worker went silent, it runs again')
      events?.emit('job:stalled', () => ({ id: jobId, queue }))
    })
    worker.on('lockRenewalFailed', ids => {
      for (const id of ids) this.#cancels?.abort(queue, id, new Error(lostLock))
    })
    return worker
  }

  /** The job has failed without an attempt, or is about to. */
  async #follow(job: EndedJob, attempt: number, error: Error): Promise<void> {
    const { id, name, queue } = job
    const { events, lost } = this.#dependencies
    events?.emit('job:failed', () => ({ id, name, queue, attempt, durationMs: 0, error }))
    await lost?.(job, error)
  }

  /** The same when nobody waits for it but a stop. */
  #followLater(job: EndedJob, error: Error): void {
    const followed = this.#follow(job, 1, error)
    this.#followed.add(followed)
    void followed.finally(() => this.#followed.delete(followed))
  }

  async #process(job: Job, token = ''): Promise<unknown> {
    if (!this.#mayBegin()) return putBack(job, token)
    const { id = '', name, queueName: queue } = job
    // Of a time that is none, NaN: as if it were long ago.
    const pushedAt = job.timestamp || 0
    const controller = new AbortController()
    const ended = this.#cancels?.add({ id, name, queue, pushedAt }, controller)
    const outcome = await this.#dependencies.run({
      id,
      name,
      queue,
      data: job.data,
      attempt: job.attemptsMade + 1,
      attempts: wholeAttempts(job.opts.attempts),
      starts: job.attemptsStarted,
      pushedAt,
      metadata: readMetadata((job.opts as { equipage?: unknown }).equipage),
      signal: controller.signal,
      checkpoints: this.#checkpointsOf(job, token),
      report: progress => {
        const failed = (err: unknown) =>
          this.#dependencies.log.debug({ err }, 'progress could not be told')
        job.updateProgress(progress).catch(failed)
      },
    })
    ended?.()
    return this.#settle(job, token, outcome)
  }

  #checkpointsOf({ queueName, id }: Job, token: string): Checkpoints {
    const client = this.#client
    // A consumer that runs jobs has been started.
    if (!client) return new MemoryCheckpoints()
    return new RedisCheckpoints(
      client,
      `${this.#dependencies.settings.prefix}:${queueName}:${id}`,
      token,
    )
  }

  /** Counts the attempts that begin, none of them after a stop; with the last of them it stops taking jobs. */
  #mayBegin(): boolean {
    const { limit = Number.POSITIVE_INFINITY } = this.#options
    // A worker that stops may be given once more what it has just put back.
    if (this.#stopping !== undefined || this.#begun >= limit) return false
    this.#begun++
    if (this.#begun === limit) this.#close().then(() => this.#finished.resolve(), toError)
    return true
  }

  /** Takes no more jobs; resolves when none runs any more. */
  #close(): Promise<unknown> {
    this.#closed ??= Promise.all(this.#workers.map(worker => worker.close()))
    return this.#closed
  }

  async isIdle(): Promise<boolean> {
    const empty = await Promise.all(this.#options.queues.map(queue => this.#isEmpty(queue)))
    return empty.every(Boolean)
  }

  async #isEmpty(queue: string): Promise<boolean> {
    if (!this.#client) return true
    const key = (name: string) => `${this.#dependencies.settings.prefix}:${queue}:${name}`
    // BullMQ's score of a delayed job: the millisecond, and twelve bits that keep their order.
    const due = (this.#dependencies.clock.now() + 1) * 0x1000 - 1
    const [paused, ...waiting] = await Promise.all([
      this.#client.hexists(key('meta'), 'paused'),
      this.#client.llen(key('wait')),
      this.#client.zcard(key('prioritized')),
      this.#client.zcount(key('delayed'), '-inf', due),
    ])
    return paused === 1 || waiting.every(count => count === 0)
  }

  /** Tells BullMQ, in its own terms, what the outcome asks for. */
  async #settle(job: Job, token: string, outcome: Outcome): Promise<unknown> {
    switch (outcome.state) {
      case 'completed':
        return outcome.result
      case 'retrying':
        // Another program may have given it a backoff of BullMQ's own, or none.
        job.opts.backoff = { type: backoffType }
        throw new RetryLater(outcome.error, outcome.delayMs)
      case 'failed': {
        const final = new UnrecoverableError(outcome.error.message)
        if (outcome.error.stack !== undefined) final.stack = outcome.error.stack
        throw final
      }
      case 'released':
        if (outcome.delayMs > 0) {
          await job.moveToDelayed(this.#dependencies.clock.now() + outcome.delayMs, token)
          throw new DelayedError()
        }
        await job.moveToWait(token)
        this.#handedBack++
        throw new WaitingError()
    }
  }

  stop(graceMs: number): Promise<HandedBack> {
    this.#stopping ??= this.#stop(graceMs)
    return this.#stopping
  }

  async #stop(graceMs: number): Promise<HandedBack> {
    const closed = this.#close()
    if (!(await settlesWithin(closed, graceMs, this.#dependencies.clock))) {
      this.#cancels?.abortAll(new EquipageError('E_STOPPING', {}))
      if (!(await settlesWithin(closed, closePatienceMs, this.#dependencies.clock))) {
        for (const worker of this.#workers) worker.abandon()
      }
    }
    await settlesWithin(Promise.all(this.#followed), closePatienceMs, this.#dependencies.clock)
    this.#cancels?.stop()
    this.#client?.disconnect()
    return { handedBack: this.#handedBack }
  }
}

function endedJob({ id = '', name, queueName: queue, opts }: Job): EndedJob {
  return { id, name, queue, metadata: readMetadata((opts as { equipage?: unknown }).equipage) }
}

/** Other programs may have written anything; BullMQ tries once what it cannot compare. */
function wholeAttempts(given: unknown): number {
  return Number.isSafeInteger(given) ? Math.max(1, Number(given)) : 1
}

/** The job goes back to its queue as it was. */
async function putBack(job: Job, token: string): Promise<never> {
  await job.moveToWait(token)
  throw new WaitingError()
}
