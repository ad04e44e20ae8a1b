import { randomUUID } from 'node:crypto'
import {
  type Clock,
  EquipageError,
  type EventSink,
  type HandedBack,
  processName,
  settlesWithin,
  systemRandom,
} from '../../../core/index.ts'
import type { JobEvents, QueueLimits } from '../../../job/index.ts'
import type { Logger } from '../../../log/index.ts'
import type {
  ConsumeOptions,
  Consumer,
  FollowLost,
  LimitsOf,
  RunAttempt,
} from '../../connection.ts'
import type { KeepDefaults } from '../pushing/index.ts'
import {
  connectionError,
  type RedisClient,
  type RedisSettings,
  watchConnection,
  workerClient,
} from '../server/index.ts'
import { Attempts } from './attempts.ts'
import { CancelWatch } from './cancel-watch.ts'
import { ConsumerRegistry } from './consumer-registry.ts'
import { HeldLocks } from './held-locks.ts'
import { givenBack, type KeepText, keepText } from './job-end.ts'
import { MarkerWait } from './marker-wait.ts'
import { QueueConsumer, type SendEnd } from './queue-consumer.ts'
import { writeLimits } from './queue-limits.ts'
import { QueueLooks } from './queue-looks.ts'
import { defineStep } from './step-call.ts'
import type { TakenJob, UnreadableTaken } from './taken-job.ts'

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
  /** Notified of jobs whose worker died. */
  readonly events?: EventSink<JobEvents> | undefined
}

/** How long a stop may wait for Redis once no job runs any more. */
const closePatienceMs = 3_000

/** BullMQ's codes for a job that may not complete, since its children have not ended or have failed. */
const hasChildren = new Set([-4, -9])

/** BullMQ's codes for a job that is not this attempt's any more. */
const isAnothers = new Set([-2, -6])

/** Why a job is aborted that another worker has. */
const lostLock =
  'this worker was silent for longer than WORKER_LOCK, and the job runs again elsewhere'

/** What a consumer is made of when it has started. */
interface Started {
  readonly working: RedisClient
  readonly waiting: RedisClient
  readonly queues: ReadonlyMap<string, QueueConsumer>
  readonly attempts: Attempts
  readonly cancels: CancelWatch
  readonly locks: HeldLocks
  readonly markers: MarkerWait
  readonly looks: QueueLooks
  readonly registry: ConsumerRegistry
}

/**
 * Consumes queues over BullMQ's keys: one connection that waits for all of them, and one that works.
 * docs/internals/consuming.md says what is called when, and what happens when a call is lost.
 *
 * 1. Takes jobs, as many of each queue as it has room for, and runs their attempts.
 * 2. Holds their locks, and sends their ends until they are taken.
 * 3. Is known to the other consumers, and puts jobs of dead ones back.
 */
export class RedisConsumer implements Consumer {
  readonly #options: ConsumeOptions
  readonly #dependencies: RedisConsumerDependencies
  readonly #consumer = randomUUID()
  readonly #keep: KeepText
  /** Attempts whose ends are not on record yet. */
  readonly #work = new Set<Promise<void>>()
  readonly #finished = Promise.withResolvers<void>()
  #started: Started | undefined
  #stopping: Promise<HandedBack> | undefined
  /** Calls in a row that Redis refused. */
  #refused = 0
  #begun = 0
  #handedBack = 0

  constructor(options: ConsumeOptions, dependencies: RedisConsumerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
    const { completed, failed } = dependencies.keep
    const rule = ({ ageMs, count }: { ageMs: number; count: number }) =>
      keepText({ age: ageMs / 1_000, count }, '')
    this.#keep = { completed: rule(completed), failed: rule(failed) }
  }

  get finished(): Promise<void> {
    return this.#finished.promise
  }

  /** Returns at once: while Redis is away it waits for it. */
  async start(): Promise<void> {
    const limits = await this.#limits()
    if (this.#started || this.#stopping !== undefined) return
    const started = this.#open(workerClient(this.#dependencies.settings))
    this.#started = started
    this.#writeLimits(started.working, limits)
    started.registry.start()
    started.markers.start()
    started.looks.start()
    for (const queue of started.queues.values()) queue.wake()
  }

  #open(working: RedisClient): Started {
    const { settings, log, clock, lockMs } = this.#dependencies
    const { prefix } = settings
    const { queues: names } = this.#options
    const consumer = this.#consumer
    const client = working
    const waiting = workerClient(settings)
    // The connection that works is there as well as this one, and logs for both.
    waiting.on('error', () => undefined)
    watchConnection(working, settings, log)
    defineStep(working)
    const queues = new Map(names.map(queue => [queue, this.#openQueue(queue, working)]))
    const all = [...queues.values()]
    const cancels = new CancelWatch(working, prefix, clock)
    const { run, lost, events } = this.#dependencies
    return {
      ...{ working, waiting, queues, cancels },
      attempts: new Attempts({ client, prefix, cancels, keep: this.#keep, run, lost, events, log }),
      locks: new HeldLocks({
        ...{ client, prefix, lockMs, clock },
        lost: ({ queue, id }) => cancels.abort(queue, id, new Error(lostLock)),
      }),
      markers: new MarkerWait({
        ...{ waiting, working, prefix, consumer, clock },
        idle: () => all.filter(({ idle }) => idle).map(({ queue }) => queue),
        taking: () => all.some(({ taking }) => taking),
        wake: queue => queues.get(queue)?.wake(),
      }),
      looks: new QueueLooks({
        ...{ client, prefix, lockMs, clock, queues: all },
        rescued: (queue, id) => this.#rescued(queue, id, 'unknown'),
      }),
      registry: new ConsumerRegistry({
        ...{ client, prefix, consumer, lockMs, clock, random: systemRandom, queues: names },
        process: processName(),
        knowsListeners: !settings.cluster,
        rescued: (queue, id, worker) => this.#rescued(queue, id, worker),
      }),
    }
  }

  #openQueue(queue: string, client: RedisClient): QueueConsumer {
    const { settings, lockMs, clock } = this.#dependencies
    const { concurrency } = this.#options
    return new QueueConsumer({
      ...{ queue, client, lockMs, clock, concurrency, prefix: settings.prefix },
      consumer: this.#consumer,
      worker: processName(),
      left: () => this.#limit - this.#begun - this.#asked(),
      begin: (name, job, send) => this.#begin(name, job, send),
      changed: () => this.#started?.markers.changed(),
      refused: error => this.#isRefused(client, error),
      answered: () => this.#isAnswered(),
    })
  }

  get #limit(): number {
    return this.#options.limit ?? Number.POSITIVE_INFINITY
  }

  /** Places that are asked for at this moment. */
  #asked(): number {
    const queues = this.#started?.queues.values() ?? []
    return Iterator.from(queues).reduce((sum, { asked }) => sum + asked, 0)
  }

  async #limits(): Promise<{ queue: string; limits: QueueLimits }[]> {
    const { limitsOf } = this.#dependencies
    if (!limitsOf) return []
    return Promise.all(
      this.#options.queues.map(async queue => ({ queue, limits: await limitsOf(queue) })),
    )
  }

  /** Writes down the limits of the queues: now, in front of what is taken, and again when Redis comes back. */
  #writeLimits(
    client: RedisClient,
    limited: readonly { queue: string; limits: QueueLimits }[],
  ): void {
    const { settings, log } = this.#dependencies
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

  /** Said once, and once that it is over. */
  #isRefused(client: RedisClient, error: unknown): void {
    const { settings, log } = this.#dependencies
    // A lost connection is logged by the connection itself.
    if (client.status !== 'ready' || this.#refused++ > 0) return
    log.warn(`jobs wait: ${connectionError(settings, error).message}`)
  }

  #isAnswered(): void {
    if (this.#refused === 0) return
    const { log } = this.#dependencies
    log.info({ refused: this.#refused }, 'Redis takes the calls of this worker again')
    this.#refused = 0
  }

  #rescued(queue: string, jobId: string, worker: string): void {
    const { log, events } = this.#dependencies
    log.warn({ jobId, queue, worker }, 'job stalled: its worker died, it runs again')
    events?.emit('job:stalled', () => ({ id: jobId, queue }))
    this.#started?.queues.get(queue)?.wake()
  }

  #begin(queue: string, job: TakenJob | UnreadableTaken, send: SendEnd): void {
    const started = this.#started
    if (!started) return
    if (job.run === '') {
      const fields = { queue, jobId: job.id }
      this.#dependencies.log.warn(fields, 'a job was in line whose hash is gone; it is passed over')
      return
    }
    // A stop gives back what it is given meanwhile; that does not count as begun.
    const mayBegin = this.#stopping === undefined
    if (mayBegin) this.#begun++
    const isLast = this.#begun >= this.#limit
    if (isLast) for (const each of started.queues.values()) each.close()
    const work = mayBegin
      ? this.#carryOut(started, queue, job, send)
      : send(givenBack(job)).then(() => undefined)
    this.#work.add(work)
    void work.finally(() => {
      this.#work.delete(work)
      if (this.#begun >= this.#limit && this.#work.size === 0) this.#finished.resolve()
    })
  }

  async #carryOut(
    { attempts, locks, cancels }: Started,
    queue: string,
    job: TakenJob | UnreadableTaken,
    send: SendEnd,
  ): Promise<void> {
    const { id, run, starts, name } = job
    const lock = { queue, id, run, starts }
    locks.add(lock)
    try {
      const end = await attempts.run(queue, job)
      const [kind] = end
      if (kind === 'w') this.#handedBack++
      let fate = await send(end)
      if (hasChildren.has(fate) && !('error' in job)) fate = await send(attempts.failParent(job))
      // What cannot be forgotten now is forgotten when it is a day old.
      if (kind === 'f' && fate === 0) await cancels.failed(queue, id).catch(() => undefined)
      if (isAnothers.has(fate)) {
        const fields = { queue, job: name, jobId: id, run }
        this.#dependencies.log.warn(fields, 'an end was refused: the job is another attempt’s now')
      }
    } finally {
      locks.remove(lock)
    }
  }

  async isIdle(): Promise<boolean> {
    const empty = await Promise.all(this.#options.queues.map(queue => this.#isEmpty(queue)))
    return empty.every(Boolean)
  }

  async #isEmpty(queue: string): Promise<boolean> {
    const client = this.#started?.working
    if (!client) return true
    const key = (name: string) => `${this.#dependencies.settings.prefix}:${queue}:${name}`
    // BullMQ's score of a delayed job: the millisecond, and twelve bits that keep their order.
    const due = (this.#dependencies.clock.now() + 1) * 0x1000 - 1
    const [paused, ...waiting] = await Promise.all([
      client.hexists(key('meta'), 'paused'),
      client.llen(key('wait')),
      client.zcard(key('prioritized')),
      client.zcount(key('delayed'), '-inf', due),
    ])
    return paused === 1 || waiting.every(count => count === 0)
  }

  stop(graceMs: number): Promise<HandedBack> {
    this.#stopping ??= this.#stop(graceMs)
    return this.#stopping
  }

  async #stop(graceMs: number): Promise<HandedBack> {
    const { clock } = this.#dependencies
    const started = this.#started
    if (started) {
      const { queues, looks, markers, waiting, cancels } = started
      looks.stop()
      markers.stop()
      for (const queue of queues.values()) queue.close()
      waiting.disconnect()
      if (this.#work.size > 0 && !(await settlesWithin(this.#ended(started), graceMs, clock)))
        cancels.abortAll(new EquipageError('E_STOPPING', {}))
      await settlesWithin(this.#ended(started), closePatienceMs, clock)
      await this.#letGo(started)
    }
    return { handedBack: this.#handedBack }
  }

  /** Resolves when nothing runs, and no call that takes jobs is under way. */
  async #ended({ queues }: Started): Promise<void> {
    const all = [...queues.values()]
    while (this.#work.size > 0 || all.some(({ taking }) => taking)) {
      await Promise.allSettled([...this.#work, ...all.map(queue => queue.called())])
    }
  }

  async #letGo({ working, queues, cancels, locks, registry }: Started): Promise<void> {
    cancels.stop()
    locks.stop()
    for (const queue of queues.values()) queue.stop()
    const left = registry.leave().catch(() => undefined)
    await settlesWithin(left, closePatienceMs, this.#dependencies.clock)
    working.disconnect()
  }
}
