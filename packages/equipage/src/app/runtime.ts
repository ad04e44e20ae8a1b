import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import type { Connection } from '../connection/index.ts'
import {
  type Clock,
  durationMs,
  EquipageError,
  EventHub,
  type Random,
  sizeBytes,
  systemClock,
  systemRandom,
  toError,
} from '../core/index.ts'
import type { Database } from '../database/index.ts'
import {
  type AttemptRunner,
  type AttemptRunnerDependencies,
  type JobMiddleware,
  JobRegistry,
} from '../job/index.ts'
import type { Log, Logger } from '../log/index.ts'
import { Queue } from '../queue/index.ts'
import { type EquipageScheduler, ScheduleHooks } from '../schedule/index.ts'
import { RunningJobs, Worker, type WorkerOptions } from '../worker/index.ts'
import type { AppEvents } from './app-events.ts'
import { AppLog, logSettings } from './app-log.ts'
import { Attempts } from './attempts.ts'
import { discoverJobs, discoverMigrations, discoverScheduler } from './discovery.ts'
import { type FrameworkServices, frameworkServices } from './framework-services.ts'
import { type GivenDefinitions, givenScheduler, registerGiven } from './given-definitions.ts'
import { forkIsolated } from './isolated-fork.ts'
import { openConnection } from './open-connection.ts'
import { openAppDatabase } from './open-database.ts'
import type { Services } from './services.ts'

/** How long the end of the process may wait for pings. */
const pingsPatienceMs = 5_000

/** The keys of services that nobody replaces. */
const own = {
  openedLog: Symbol('the opened log'),
  events: Symbol('events'),
  jobs: Symbol('jobs'),
  runningJobs: Symbol('running jobs'),
  scheduleHooks: Symbol('schedule hooks'),
  scheduler: Symbol('scheduler'),
}

/** What a runtime is given of its application. */
export interface RuntimeDependencies {
  /** Handed to jobs, schedules and hooks as `app`. */
  app: object
  /** The folder of the application, absolute. */
  basePath: string
  config: Config
  /** Beside these, its files are looked through. */
  given: GivenDefinitions
  /** The variables that the configuration was read from; the process's own when left out. */
  env: Readonly<Record<string, string | undefined>> | undefined
  services: Services
  /** Asked for with each attempt. */
  middleware(): readonly JobMiddleware[]
}

/**
 * What runs an application in this process: its connection, jobs and schedules, its workers and
 * the pipeline of its attempts. Everything is made on first use.
 */
export class Runtime {
  /** What jobs, schedules and hooks are handed as `app`. */
  readonly app: object
  readonly basePath: string
  /** The settings, as far as the framework reads them. */
  readonly config: Config
  readonly appLog: AppLog
  readonly #given: GivenDefinitions
  readonly #services: Services
  readonly #attempts: Attempts
  /** The application's middleware, as it is at this moment. */
  readonly middleware: () => readonly JobMiddleware[]
  #ready: Promise<void> | undefined

  constructor({ app, basePath, config, given, env, services, middleware }: RuntimeDependencies) {
    this.app = app
    this.basePath = basePath
    this.config = config
    this.appLog = new AppLog(logSettings(config, basePath))
    this.#given = given
    this.#services = services
    this.middleware = middleware
    this.#attempts = new Attempts(this, {
      app,
      services,
      fork: () => forkIsolated({ basePath, env, output: this.appLog.output }),
      hooks: () => this.#hooks,
      middleware,
    })
  }

  get clock(): Clock {
    return this.#services.get(frameworkServices.clock, () => systemClock)
  }

  get random(): Random {
    return this.#services.get(frameworkServices.random, () => systemRandom)
  }

  get log(): Logger {
    return this.#services.get(frameworkServices.log, () => this.#openedLog.logger)
  }

  get #openedLog(): Log {
    const open = () => this.appLog.open(this.clock)
    return this.#services.get(own.openedLog, open, log => log.close())
  }

  get database(): Database {
    const open = () => openAppDatabase(this.config, this.basePath)
    return this.#services.get(frameworkServices.database, open, database => database.close())
  }

  get queue(): Queue {
    const make = () =>
      new Queue({
        carrier: async () => (await this.connection).carrier,
        admin: async () => (await this.connection).admin,
        clock: this.clock,
        registry: () => this.jobs,
        payloadLimitBytes: this.payloadLimitBytes,
        events: this.events,
      })
    return this.#services.get(frameworkServices.queue, make)
  }

  get events(): EventHub<AppEvents> {
    const failed = (event: string, thrown: unknown) =>
      this.log.error({ event, err: toError(thrown) }, 'a listener of an event failed')
    return this.#services.get(own.events, () => new EventHub<AppEvents>(failed))
  }

  /** What `QUEUE_CONNECTION` names. */
  get connection(): Promise<Connection> {
    const open = () => {
      const { log, clock, runningJobs, events } = this
      const { runner } = this.#attempts
      const run = runningJobs.watching(runner.run.bind(runner))
      const limitsOf = async (queue: string) => (await this.jobs).limits(queue)
      const lost = runner.lost.bind(runner)
      return openConnection(this.config, this.basePath, { run, lost, limitsOf, log, clock, events })
    }
    const close = async (connection: Promise<Connection>) => (await connection).stop(0)
    return this.#services.get(frameworkServices.connection, open, close)
  }

  /**
   * Replaces a service that the framework makes.
   * @throws E_SERVICE_IN_USE
   */
  replace<Name extends keyof FrameworkServices>(
    name: Name,
    service: FrameworkServices[Name],
  ): void {
    const kept = name === 'connection' ? Promise.resolve(service) : service
    this.#services.replace(frameworkServices[name], kept)
  }

  /** Every job, chain, group and queue of the application. */
  get jobs(): Promise<JobRegistry> {
    return this.#services.get(own.jobs, async () => {
      const registry = new JobRegistry()
      registerGiven(registry, this.#given)
      return discoverJobs(this.#appFolder, registry)
    })
  }

  /** The scheduler that the application names, or that of `app/scheduler.ts`, not started; undefined when there is neither. */
  get scheduler(): Promise<EquipageScheduler<unknown> | undefined> {
    return this.#services.get(own.scheduler, async () => {
      const Scheduler =
        givenScheduler(this.#given) ?? (await discoverScheduler<unknown>(this.#appFolder))
      if (!Scheduler) return undefined
      const { queue, events, log, clock } = this
      const { ticks: memory } = await this.connection
      const env = this.config.get('app.env')
      const timezone = this.config.get('scheduler.timezone')
      const hooks = this.#hooks
      const offset = this.random()
      const times = { env, timezone, offset, clock }
      return new Scheduler({ app: this.app, memory, queue, hooks, ...times, log, events })
    })
  }

  /** @throws E_NO_SCHEDULER when the application has none */
  async requiredScheduler(): Promise<EquipageScheduler<unknown>> {
    const scheduler = await this.scheduler
    if (scheduler) return scheduler
    throw new EquipageError('E_NO_SCHEDULER', { file: join(this.#appFolder, 'scheduler.ts') })
  }

  /** Made before the connection, and so disposed of after the last run has ended. */
  get #hooks(): ScheduleHooks {
    const make = () => new ScheduleHooks({ log: this.log, clock: this.clock })
    return this.#services.get(own.scheduleHooks, make, hooks => hooks.settle(pingsPatienceMs))
  }

  /** A worker of this application, not started; what is left out is as the settings say. */
  worker(options: Partial<WorkerOptions> = {}): Worker {
    const { queues, concurrency } = this.config.get('queue.worker')
    const { runningJobs: running, events, log, clock } = this
    const given = {
      ...options,
      queues: options.queues ?? queues ?? undefined,
      concurrency: options.concurrency ?? concurrency,
    }
    return new Worker(given, {
      connection: () => this.connection,
      registry: () => this.jobs,
      running,
      memoryBytes: () => process.memoryUsage.rss() + this.#attempts.isolatedMemoryBytes,
      reapGroups: everyMs => this.#attempts.reapGroups(everyMs),
      events,
      log,
      clock,
    })
  }

  /** The attempts that this process runs at this moment. */
  get runningJobs(): RunningJobs {
    return this.#services.get(own.runningJobs, () => new RunningJobs(this.clock))
  }

  /** Attempts of jobs that this process has run. */
  get attemptsEnded(): number {
    return this.#attempts.runner.ended
  }

  /** The pipeline of this application's attempts, with some of its dependencies replaced. */
  attemptRunner(replaced: Partial<AttemptRunnerDependencies>): AttemptRunner {
    return this.#attempts.runnerWith(replaced)
  }

  /** How long running jobs and functions may take to end when the process stops, in milliseconds. */
  get graceMs(): number {
    return durationMs(this.config.get('queue.worker.grace'), 'WORKER_GRACE')
  }

  /** The most bytes that a payload may take as JSON. */
  get payloadLimitBytes(): number {
    return sizeBytes(this.config.get('queue.payload.limit'), 'QUEUE_PAYLOAD_LIMIT')
  }

  /** Resolves when the application's tables are up to date; the migrations run once, and again when they failed. */
  ready(): Promise<void> {
    this.#ready ??= this.#migrate().catch(error => {
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  async #migrate(): Promise<void> {
    const migrations = await discoverMigrations(this.#appFolder)
    if (Object.keys(migrations).length > 0) await this.database.migrate('app', migrations)
  }

  /** Disposes of every service, the last one made first. */
  dispose(): Promise<void> {
    return this.#services.dispose()
  }

  get #appFolder(): string {
    return join(this.basePath, 'app')
  }
}
