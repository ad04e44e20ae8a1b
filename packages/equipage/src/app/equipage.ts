import { resolve } from 'node:path'
import {
  Config,
  type ConfigDefinition,
  defineConfig,
  type FrameworkSchema,
} from '../config/index.ts'
import { type Clock, EquipageError, type EventSource, nearest, type Random } from '../core/index.ts'
import type { Database } from '../database/index.ts'
import type { Definition, JobMiddleware, QueueDefinition } from '../job/index.ts'
import type { Logger } from '../log/index.ts'
import type { Queue } from '../queue/index.ts'
import type { AppEvents } from './app-events.ts'
import {
  type FrameworkServices,
  frameworkServices,
  isFrameworkService,
} from './framework-services.ts'
import type { SchedulerClass } from './given-definitions.ts'
import { ownMembers } from './own-members.ts'
import { Runtime } from './runtime.ts'
import { runtimeKey } from './runtime-of.ts'
import { Services } from './services.ts'

export interface AppOptions {
  /**
   * The variables that the configuration is read from; the process's own when left out. The
   * processes of isolated jobs get the same.
   */
  env?: Readonly<Record<string, string | undefined>>
}

/** Any application, whatever it has configured. */
export type AnyApp = Omit<Equipage, 'config'>

/** What `replace` takes of an application: the framework's services, and the members that the application adds. */
export type Replaceable<App> = keyof FrameworkServices | Exclude<keyof App, keyof Equipage>

/** What may replace a member: anything with the same public members, whatever its class. */
export type Replacement<App, Name> = Name extends keyof FrameworkServices
  ? FrameworkServices[Name]
  : Name extends keyof App
    ? PublicMembers<App[Name]>
    : never

type PublicMembers<T> = T extends (...args: never) => unknown ? T : { [Key in keyof T]: T[Key] }

/** The schema behind a definition. */
type SchemaOf<Settings> = Settings extends ConfigDefinition<infer S> ? S : never

/**
 * The container of an application: what its jobs see as `app`. It reads the configuration and makes
 * services, each once and on first use. An application extends it, names its configuration and adds
 * getters for services of its own.
 */
export class Equipage<Settings extends ConfigDefinition = ConfigDefinition<FrameworkSchema>> {
  /** The settings that the application has; those of the framework, with its defaults, when left out. */
  static config: ConfigDefinition = defineConfig({})
  /** Jobs, chains, groups and queues, beside those that the files under `app/jobs/` export. */
  static jobs: readonly (Definition | QueueDefinition)[] = []
  /** The schedules; when left out, the class `Scheduler` of `app/scheduler.ts`, where there is one. */
  static scheduler: SchedulerClass | undefined

  readonly #config: Config<SchemaOf<Settings>>
  readonly #services = new Services()
  readonly #runtime: Runtime

  /** @throws E_CONFIG, which lists every fault of the configuration */
  constructor(basePath: string, options: AppOptions = {}) {
    const given = this.constructor as typeof Equipage
    const definition = configOf(given)
    const folder = resolve(basePath)
    const config: unknown = Config.load(definition, folder, options.env)
    this.#config = config as Config<SchemaOf<Settings>>
    this.#runtime = new Runtime({
      app: this,
      basePath: folder,
      config: config as Config,
      given,
      env: options.env,
      services: this.#services,
      middleware: () => this.middleware,
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

  /** The folder of the application, absolute: where `.env`, `app/` and `storage/` are looked for. */
  get basePath(): string {
    return this.#runtime.basePath
  }

  /** The settings, read and checked; nothing changes them. */
  get config(): Config<SchemaOf<Settings>> {
    return this.#config
  }

  /** The time, and timers. */
  get clock(): Clock {
    return this.#runtime.clock
  }

  /** A number from 0 to 1, each time another one. */
  get random(): Random {
    return this.#runtime.random
  }

  get log(): Logger {
    return this.#runtime.log
  }

  /** The application's database; nothing is opened before the first query. */
  get database(): Database {
    return this.#runtime.database
  }

  /** Pushes jobs, chains and groups, and administers those that were pushed. */
  get queue(): Queue {
    return this.#runtime.queue
  }

  /** Says what happens to jobs, ticks and workers: `app.events.on('job:failed', event => ...)`. */
  get events(): EventSource<AppEvents> {
    return this.#runtime.events
  }

  /**
   * Stands around the function of every job, the first one outermost, outside of the job's own.
   * An application gives its own: `override get middleware() { return [timed] }`.
   */
  get middleware(): readonly JobMiddleware[] {
    return []
  }

  /**
   * A service of the application's own: made by `make` when it is asked for the first time, and the
   * same one from then on. It is disposed of when the application ends, in reverse order, by
   * `dispose` or its own `Symbol.asyncDispose` or `Symbol.dispose`.
   * @param name that of the getter which gives it
   * @throws E_SERVICE_CYCLE
   */
  protected service<T>(name: string, make: () => T, dispose?: (service: T) => unknown): T {
    return this.#services.get(name, make, dispose)
  }

  /**
   * Replaces a service, before anything has used it: for tests. It belongs to the caller, and is
   * not disposed of.
   * @param name one of the framework's (`clock`, `random`, `log`, `database`, `connection`,
   * `queue`), or that of a getter of the application
   * @throws E_SERVICE_IN_USE, E_UNKNOWN_SERVICE
   */
  replace<Name extends Replaceable<this>>(name: Name, service: Replacement<this, Name>): void {
    const key = String(name)
    if (isFrameworkService(key)) {
      this.#runtime.replace(key, service as FrameworkServices[typeof key])
      return
    }
    const own = ownMembers(this, Equipage.prototype)
    if (!own.has(key)) {
      const known = [...Object.keys(frameworkServices), ...own]
      const fields = { app: this.constructor.name, name: key, nearest: nearest(key, known) }
      throw new EquipageError('E_UNKNOWN_SERVICE', fields)
    }
    this.#services.replace(key, service)
    // A getter may have named its service otherwise, or make none.
    Object.defineProperty(this, key, { value: service, configurable: true, writable: true })
  }

  /** Resolves when the application's tables are up to date; before the first job it is waited for anyway. */
  ready(): Promise<void> {
    return this.#runtime.ready()
  }

  /** Disposes of every service, the last one made first. */
  dispose(): Promise<void> {
    return this.#services.dispose()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  /** What the commands, the processes and the tests of the framework run it by; see `runtimeOf`. */
  get [runtimeKey](): Runtime {
    return this.#runtime
  }
}

/** Node takes types away unread: what is no configuration would be a TypeError of somewhere inside. */
function configOf({ name, config }: typeof Equipage): ConfigDefinition {
  const given: unknown = config
  if (typeof given === 'object' && given !== null && 'schema' in given) return config
  const fields = { where: name, option: 'static config', given }
  throw new EquipageError('E_BAD_OPTION', {
    ...fields,
    expected: 'what defineConfig({ ... }) gives',
  })
}
