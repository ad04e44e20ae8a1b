import type { ChildProcess } from 'node:child_process'
import { join, resolve } from 'node:path'
import { Config, type ConfigDefinition, type FrameworkSchema } from '../config/index.ts'
import type { Connection } from '../connection/index.ts'
import {
  type Clock,
  durationMs,
  EquipageError,
  EventHub,
  type EventSource,
  type Random,
  systemClock,
  systemRandom,
  toError,
} from '../core/index.ts'
import type { Database } from '../database/index.ts'
import type {
  AttemptRunner,
  AttemptRunnerDependencies,
  JobMiddleware,
  JobRegistry,
} from '../job/index.ts'
import { type Log, type Logger, type LogSettings, openLog } from '../log/index.ts'
import { Queue } from '../queue/index.ts'
import { type EquipageScheduler, ScheduleHooks } from '../schedule/index.ts'
import { RunningJobs, Worker, type WorkerOptions } from '../worker/index.ts'
import type { AppEvents } from './app-events.ts'
import { AttemptWiring } from './attempt-wiring.ts'
import { discoverJobs, discoverMigrations, discoverScheduler } from './discovery.ts'
import { forkIsolated } from './isolated-fork.ts'
import { Services } from './services.ts'
import { logSettings, openAppDatabase, openConnection, payloadLimitBytes } from './wiring.ts'

export interface AppOptions {
  /**
   * The variables that the configuration is read from; the process's own when left out. The
   * processes of isolated jobs get the same.
   */
  env?: Readonly<Record<string, string | undefined>>
}

/** Any application, whatever it has configured; its framework settings are at `settings`. */
export type AnyApp = Omit<Equipage, 'config'>

/** How long the end of the process may wait for pings. */
const pingsPatienceMs = 5_000

/** The schema behind a definition. */
type SchemaOf<Definition> = Definition extends ConfigDefinition<infer S> ? S : never

/**
 * The container of an application: the one place that reads the configuration, chooses the
 * connection, and makes services, each once and on first use. An application extends it,
 * names its configuration and adds getters for services of its own.
 */
export class Equipage<Definition extends ConfigDefinition = ConfigDefinition<FrameworkSchema>> {
  /** The settings; an application sets its own. */
  static config: ConfigDefinition | undefined

  /** The folder of the application, absolute: where its package.json is. */
  readonly basePath: string
  readonly config: Config<SchemaOf<Definition>>
  readonly #services = new Services()
  readonly #env: AppOptions['env']
  readonly #attempts: AttemptWiring
  #ready: Promise<void> | undefined
  #logChanges: Pick<LogSettings, 'output' | 'showPid'> = { output: 'stdout' }

  /** @throws E_CONFIG, which lists every fault of the configuration */
  constructor(basePath: string, options: AppOptions = {}) {
    const definition = (this.constructor as typeof Equipage).config as Definition | undefined
    if (!definition) {
      throw new EquipageError('E_NO_CONFIG', { app: this.constructor.name })
    }
    this.basePath = resolve(basePath)
    this.#env = options.env
    const config: unknown = Config.load(definition, this.basePath, options.env)
    this.config = config as Config<SchemaOf<Definition>>
    this.#attempts = new AttemptWiring(this, {
      services: this.#services,
      fork: () => this.#forkIsolated(),
      hooks: () => this.#hooks,
      events: () => this.#events,
    })
  }

  /** Makes the application: reads its configuration, opens nothing yet. */
  static make<App>(
    this: new (
      basePath: string,
      options?: AppOptions,
    ) => App,
    basePath: string = process.cwd(),
    options: AppOptions = {},
  ): App {
    return new this(basePath, options)
  }

  /** The configuration as far as the framework reads it. */
  get settings(): Config {
    const config: unknown = this.config
    return config as Config
  }

  /**
   * A service: made by `make` when it is asked for the first time, and the same one from then
   * on. It is disposed of when the application ends, in reverse order, by `dispose` or its own
   * `Symbol.asyncDispose` or `Symbol.dispose`.
   * @throws E_SERVICE_CYCLE
   */
  protected service<T>(name: string, make: () => T, dispose?: (service: T) => unknown): T {
    return this.#services.get(name, make, dispose)
  }

  /**
   * Puts another service in the place of one, before it is used: for tests. The framework's own
   * are `clock`, `random`, `log`, `database`, `connection` and `queue`.
   * @throws E_SERVICE_IN_USE
   */
  replace(name: string, service: unknown): void {
    this.#services.replace(name, service)
  }

  get clock(): Clock {
    return this.service('clock', () => systemClock)
  }

  get random(): Random {
    return this.service('random', () => systemRandom)
  }

  get log(): Logger {
    return this.#log.logger
  }

  get #log(): Log {
    const settings = logSettings(this.settings, this.basePath)
    const open = () => openLog({ ...settings, ...this.#logChanges }, this.clock)
    return this.service('log', open, log => log.close())
  }

  /** Sends the console's log lines to standard error, before the first of them: standard output is for a command's answer. */
  logToStandardError(): void {
    this.#logChanges = { ...this.#logChanges, output: 'stderr' }
  }

  /** Names the process in the pretty lines too, before the first of them: several processes write to one terminal. */
  logProcessId(): void {
    this.#logChanges = { ...this.#logChanges, showPid: true }
  }

  /** The application's database; nothing is opened before the first query. */
  get database(): Database {
    const open = () => openAppDatabase(this.settings, this.basePath)
    return this.service('database', open, database => database.close())
  }

  /** Takes jobs and chains. */
  get queue(): Queue {
    return this.service('queue', () => {
      const carrier = async () => (await this.connection).carrier
      return new Queue({
        carrier,
        admin: async () => (await this.connection).admin,
        clock: this.clock,
        registry: () => this.jobs,
        payloadLimitBytes: payloadLimitBytes(this.settings),
        events: this.#events,
      })
    })
  }

  /** Every job and chain of the application. */
  get jobs(): Promise<JobRegistry> {
    return this.service('jobs', () => discoverJobs(this.#appFolder))
  }

  /** What `QUEUE_CONNECTION` names. */
  get connection(): Promise<Connection> {
    const open = () => {
      const { log, clock, runningJobs } = this
      const { runner } = this.#attempts
      const run = runningJobs.watching(runner.run.bind(runner))
      const limitsOf = async (queue: string) => (await this.jobs).limits(queue)
      const lost = runner.lost.bind(runner)
      const dependencies = { run, lost, limitsOf, log, clock, events: this.#events }
      return openConnection(this.settings, this.basePath, dependencies)
    }
    return this.service('connection', open, async connection => (await connection).stop(0))
  }

  /** The attempts that this process runs at this moment. */
  get runningJobs(): RunningJobs {
    return this.service('running jobs', () => new RunningJobs(this.clock))
  }

  /**
   * The pipeline of this application's attempts.
   * @param own parts in the place of its own: for tests
   */
  attemptRunner(own: Partial<AttemptRunnerDependencies>): AttemptRunner {
    return this.#attempts.runnerWith(own)
  }

  #forkIsolated(): ChildProcess {
    const { output } = this.#logChanges
    return forkIsolated({ basePath: this.basePath, env: this.#env, output })
  }

  /**
   * Stands around the function of every job, the first one outermost, outside of the job's own.
   * An application gives its own: `override get middleware() { return [timed] }`.
   */
  get middleware(): readonly JobMiddleware[] {
    return []
  }

  /** Tells what happens to jobs, ticks and workers: `app.events.on('job:failed', event => ...)`. */
  get events(): EventSource<AppEvents> {
    return this.#events
  }

  get #events(): EventHub<AppEvents> {
    const failed = (event: string, thrown: unknown) =>
      this.log.error({ event, err: toError(thrown) }, 'a listener of an event failed')
    return this.service('events', () => new EventHub<AppEvents>(failed))
  }

  /** Made before the connection, and so disposed of after the last run has ended. */
  get #hooks(): ScheduleHooks {
    const open = () => new ScheduleHooks({ log: this.log, clock: this.clock })
    return this.service('schedule hooks', open, hooks => hooks.settle(pingsPatienceMs))
  }

  /** Attempts of jobs that this process has run. */
  get attemptsEnded(): number {
    return this.#attempts.runner.ended
  }

  /** Resolves when the tables of the application are up to date; the migrations run once, and again when they failed. */
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

  /** A worker of this application, not started. */
  worker(options: Partial<WorkerOptions> = {}): Worker {
    const { queues, concurrency } = this.settings.get('queue.worker')
    const { runningJobs: running, log, clock } = this
    return new Worker(
      {
        ...options,
        queues: options.queues ?? queues ?? undefined,
        concurrency: options.concurrency ?? concurrency,
      },
      {
        connection: () => this.connection,
        registry: () => this.jobs,
        running,
        memoryBytes: () => process.memoryUsage.rss() + this.#attempts.isolatedMemoryBytes,
        reapGroups: everyMs => this.#attempts.reapGroups(everyMs),
        events: this.#events,
        log,
        clock,
      },
    )
  }

  /** The scheduler of `app/scheduler.ts`, not started; undefined when there is no such file. */
  get scheduler(): Promise<EquipageScheduler<unknown> | undefined> {
    return this.service('scheduler', async () => {
      const Scheduler = await discoverScheduler<unknown>(this.#appFolder)
      if (!Scheduler) return undefined
      const { queue, log, clock } = this
      const memory = (await this.connection).ticks
      const env = this.settings.get('app.env')
      const timezone = this.settings.get('scheduler.timezone')
      const hooks = this.#hooks
      const offset = this.random()
      const dependencies = { app: this, memory, queue, env, timezone, hooks, offset, log, clock }
      return new Scheduler({ ...dependencies, events: this.#events })
    })
  }

  /** How long what runs may take to end when a process is told to stop, in milliseconds. */
  get graceMs(): number {
    return durationMs(this.settings.get('queue.worker.grace'), 'WORKER_GRACE')
  }

  get #appFolder(): string {
    return join(this.basePath, 'app')
  }

  /** Lets go of every service, the last one made first. */
  dispose(): Promise<void> {
    return this.#services.dispose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }
}
