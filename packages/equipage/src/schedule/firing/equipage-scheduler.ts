import type { TickMemory } from '../../connection/index.ts'
import {
  type Clock,
  type EventSink,
  type HandedBack,
  type Lifecycle,
  processName,
} from '../../core/index.ts'
import type { JobEvents, RegisteredApp } from '../../job/index.ts'
import type { Logger } from '../../log/index.ts'
import type { Queue } from '../../queue/index.ts'
import { Timetable } from '../writing/index.ts'
import type { ScheduleHooks } from './hooks.ts'
import { TickLoop } from './loop.ts'
import type { TickEvents } from './tick-events.ts'
import { TickFiring } from './tick-firing.ts'

/** What the container hands to an application's scheduler. */
export interface SchedulerDependencies<App> {
  app: App
  memory: TickMemory
  queue: Queue
  env: string
  /** The zone of schedules that name none; null for the system's. */
  timezone: string | null
  log: Logger
  clock: Clock
  /** What the ledger calls this process: its host and process id when left out. */
  process?: string
  /** From 0 to 1: where this replica begins when many ticks are due at once. */
  offset?: number
  hooks: ScheduleHooks<App>
  /** Told of ticks, and of the jobs that they push. */
  events?: EventSink<JobEvents & TickEvents>
}

/** What an application's container calls its configuration. */
type ConfigOf<App> = App extends { config: infer Config } ? Config : never

/**
 * What an application's scheduler extends, in `app/scheduler.ts`: `register()` writes the
 * schedules onto `this.schedule`.
 */
export abstract class EquipageScheduler<App = RegisteredApp> implements Lifecycle {
  readonly app: App
  /** All schedules of the application. */
  readonly schedule: Timetable<App>
  readonly #loop: TickLoop<App>
  readonly #firing: TickFiring<App>
  #registered = false
  #shouldExit = false

  constructor(dependencies: SchedulerDependencies<App>) {
    const { app, memory, clock, log, events } = dependencies
    const process = dependencies.process ?? processName()
    this.app = app
    this.schedule = new Timetable<App>({ timezone: dependencies.timezone ?? undefined, clock })
    this.#firing = new TickFiring<App>({ ...dependencies, process })
    const schedules = this.schedule.schedules
    const offset = dependencies.offset ?? 0
    this.#loop = new TickLoop<App>({
      schedules,
      memory,
      firing: this.#firing,
      process,
      offset,
      ...(events ? { events } : {}),
      log,
      clock,
    })
  }

  /** Writes the schedules. Called once, before anything is fired, and without firing by `equipage schedule list`. */
  abstract register(): void

  /** The application's configuration. */
  get config(): ConfigOf<App> {
    return (this.app as { config: ConfigOf<App> }).config
  }

  /**
   * The schedules as `register()` writes them.
   * @throws whatever a wrong schedule gives: E_BAD_TIMING, E_BAD_CRON, E_SCHEDULE_NEEDS_NAME ...
   */
  get timetable(): Timetable<App> {
    if (!this.#registered) {
      this.register()
      this.schedule.close()
      this.#registered = true
    }
    return this.schedule
  }

  /**
   * Registers the schedules and begins to fire their ticks. With the connection away it resolves
   * too, and begins when the connection is there.
   */
  async start(): Promise<void> {
    if (this.#shouldExit) return
    void this.timetable
    await this.#loop.start()
  }

  /** Ticks that this process has fired. */
  get fired(): number {
    return this.#firing.fired
  }

  /** Whether the scheduler has been told to stop; setting it tells it so, and does not wait. */
  get shouldExit(): boolean {
    return this.#shouldExit
  }

  set shouldExit(value: boolean) {
    if (value) void this.stop(0)
  }

  /**
   * Fires no more ticks, waits for those that are being decided, and gives inline functions
   * `graceMs` to end before their signals are aborted; what does not end is on record as failed.
   * They hand nothing back. Stopping twice, or before the start, is fine.
   */
  async stop(graceMs = 0): Promise<HandedBack> {
    this.#shouldExit = true
    await this.#loop.halt()
    await this.#firing.stop(graceMs)
    await this.#loop.leave()
    return { handedBack: 0 }
  }
}
