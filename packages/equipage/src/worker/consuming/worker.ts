import { randomUUID } from 'node:crypto'
import type { Connection, Consumer, WorkerReport } from '../../connection/index.ts'
import {
  type Clock,
  EquipageError,
  type EventSink,
  type HandedBack,
  type Lifecycle,
  nearest,
  processName,
} from '../../core/index.ts'
import type { JobRegistry } from '../../job/index.ts'
import type { Logger } from '../../log/index.ts'
import { untilEmpty } from './emptiness.ts'
import { WorkerHeartbeat } from './heartbeat.ts'
import { IntervalTask } from './interval-task.ts'
import type { RunningJobs } from './running-jobs.ts'
import type { WorkerEnd, WorkerEvent, WorkerEvents } from './worker-events.ts'

export interface WorkerOptions {
  /** The queues to consume; all that the application's jobs name when left out. */
  queues?: readonly string[] | undefined
  /** Jobs of one queue at a time. */
  concurrency: number
  /** After how many attempts it ends. */
  maxJobs?: number | undefined
  /** With how much resident memory it ends, that of its isolated processes included; looked at after each attempt. */
  maxMemoryBytes?: number | undefined
  /** Ends when nothing waits, is due or runs here. */
  stopWhenEmpty?: boolean | undefined
}

/** What a worker is made of. */
export interface WorkerDependencies {
  connection(): Promise<Pick<Connection, 'carrier' | 'workers'>>
  registry(): Promise<JobRegistry>
  /** The attempts of this process. */
  running: RunningJobs
  /** Resident memory of this process and of the isolated ones that it has. */
  memoryBytes(): number
  /**
   * Looks after the groups of jobs that are under way, unless another worker has begun to less than
   * `everyMs` ago; left out, nobody does.
   */
  reapGroups?(everyMs: number): Promise<void>
  /** Told when it starts and stops. */
  events?: EventSink<WorkerEvents>
  log: Logger
  clock: Clock
}

/** How many of the jobs that it runs a worker names in its notice. */
const jobsNamed = 100

/** How often one of the workers looks after groups, in milliseconds. */
const tendEveryMs = 60_000

/**
 * Runs the jobs of some queues, whatever the connection.
 *
 * 1. Checks the names of its queues, and consumes them.
 * 2. Says on the connection's board that it is there and what it runs.
 * 3. Looks after groups of jobs once a minute, in turn with all other workers.
 * 4. Says by `ended` that it has reached one of its limits; its owner then stops it.
 *
 * Stopping it before it started, and twice, is fine.
 */
export class Worker implements Lifecycle {
  readonly #options: WorkerOptions
  readonly #dependencies: WorkerDependencies
  readonly #ended = Promise.withResolvers<WorkerEnd>()
  readonly #stopped = new AbortController()
  readonly #id = randomUUID()
  #queues: readonly string[] = []
  #end: WorkerEnd | undefined
  #stop: Promise<HandedBack> | undefined
  #consumer: Consumer | undefined
  #heartbeat: WorkerHeartbeat | undefined
  #intervalTask: IntervalTask | undefined

  constructor(options: WorkerOptions, dependencies: WorkerDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** Resolves when it has reached a limit; it goes on until it is stopped. */
  get ended(): Promise<WorkerEnd> {
    return this.#ended.promise
  }

  /**
   * The queues that it consumes.
   * @throws E_UNKNOWN_QUEUE when no job waits in a queue of that name
   */
  async queues(): Promise<string[]> {
    const known = (await this.#dependencies.registry()).queues()
    const queues = [...new Set(this.#options.queues ?? known)]
    for (const given of queues) {
      if (known.includes(given)) continue
      throw new EquipageError('E_UNKNOWN_QUEUE', { given, known, nearest: nearest(given, known) })
    }
    return queues
  }

  /** @throws E_UNKNOWN_QUEUE when no job waits in a queue of that name */
  async start(): Promise<void> {
    const queues = await this.queues()
    const { concurrency, maxJobs: limit } = this.#options
    const { carrier } = await this.#dependencies.connection()
    if (this.#stopped.signal.aborted || this.#consumer) return
    this.#consumer = carrier.consume({ queues, concurrency, limit })
    this.#queues = queues
    await this.#consumer.start()
    if (this.#stopped.signal.aborted) return
    this.#dependencies.log.info({ queues, concurrency }, 'worker started')
    this.#dependencies.events?.emit('worker:started', () => ({ ...this.#event(), concurrency }))
    this.#beat(queues)
    this.#tend()
    this.#watchLimits(this.#consumer)
  }

  #beat(queues: readonly string[]): void {
    const { connection, running, memoryBytes, log, clock } = this.#dependencies
    const { concurrency } = this.#options
    const identity = { id: this.#id, process: processName(), startedAt: clock.now() }
    const report = (): WorkerReport => ({
      ...identity,
      at: clock.now(),
      queues,
      concurrency,
      active: running.count,
      running: running.longest(jobsNamed),
      ended: running.ended,
      memoryBytes: memoryBytes(),
    })
    const registry = async () => (await connection()).workers
    this.#heartbeat = new WorkerHeartbeat({ registry, report, log, clock })
    this.#heartbeat.start()
  }

  #tend(): void {
    const { reapGroups, log, clock } = this.#dependencies
    if (!reapGroups) return
    const go = () => reapGroups(tendEveryMs)
    this.#intervalTask = new IntervalTask({ everyMs: tendEveryMs, go, log, clock })
    this.#intervalTask.start()
  }

  #watchLimits(consumer: Consumer): void {
    const { running, clock, log, memoryBytes } = this.#dependencies
    const { maxJobs, maxMemoryBytes, stopWhenEmpty } = this.#options
    const { signal } = this.#stopped
    const end = (why: WorkerEnd, fields: object, message: string) => {
      if (signal.aborted) return
      log.info({ why, ...fields }, message)
      this.#end ??= why
      this.#ended.resolve(why)
    }
    void consumer.finished.then(() => end('jobs', { maxJobs }, 'worker ends: its jobs are run'))
    if (stopWhenEmpty) {
      const empty = untilEmpty(consumer, running, clock, signal)
      void empty.then(() => end('empty', {}, 'worker ends: nothing is left to do'))
    }
    if (maxMemoryBytes === undefined) return
    const forget = running.onEnd(() => {
      const bytes = memoryBytes()
      if (bytes <= maxMemoryBytes) return
      forget()
      const fields = { memoryBytes: bytes, maxMemoryBytes }
      end('memory', fields, 'worker ends: it takes more memory than it may')
    })
    signal.addEventListener('abort', forget, { once: true })
  }

  /** Takes no new job, lets running ones end for `graceMs`, then aborts them and hands back what is left. */
  stop(graceMs: number): Promise<HandedBack> {
    this.#stop ??= this.#stopOnce(graceMs)
    return this.#stop
  }

  async #stopOnce(graceMs: number): Promise<HandedBack> {
    this.#stopped.abort()
    const { events } = this.#dependencies
    const consumer = this.#consumer
    if (!consumer) return { handedBack: 0 }
    const why = this.#end ?? 'told'
    events?.emit('worker:stopping', () => ({ ...this.#event(), why, graceMs }))
    const { handedBack } = await consumer.stop(graceMs)
    await this.#intervalTask?.stop()
    await this.#heartbeat?.stop()
    events?.emit('worker:stopped', () => ({ ...this.#event(), handedBack }))
    return { handedBack }
  }

  #event(): WorkerEvent {
    return { id: this.#id, process: processName(), queues: this.#queues }
  }
}
