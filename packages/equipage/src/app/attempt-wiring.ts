import type { ChildProcess } from 'node:child_process'
import type { Config } from '../config/index.ts'
import type { Connection } from '../connection/index.ts'
import type { Clock, EventSink, Random } from '../core/index.ts'
import {
  AttemptRunner,
  type AttemptRunnerDependencies,
  type JobEvents,
  type JobMiddleware,
  type JobRegistry,
} from '../job/index.ts'
import type { Logger } from '../log/index.ts'
import type { Queue } from '../queue/index.ts'
import type { EquipageScheduler, ScheduleHooks } from '../schedule/index.ts'
import { GroupReaper, IsolatedProcesses } from '../worker/index.ts'
import { ScheduledRuns } from './scheduled-runs.ts'
import type { Services } from './services.ts'
import { payloadLimitBytes } from './wiring.ts'

/** What everybody sees of an application, as far as its attempts use it; each is made when it is asked for. */
interface WiredApp {
  readonly settings: Config
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
  readonly queue: Queue
  readonly jobs: Promise<JobRegistry>
  readonly connection: Promise<Connection>
  readonly scheduler: Promise<EquipageScheduler<unknown> | undefined>
  readonly middleware: readonly JobMiddleware[]
  ready(): Promise<void>
}

/** What the container has besides that. */
interface OwnDependencies {
  readonly services: Services
  /** Starts a process that runs isolated jobs of the application. */
  fork(): ChildProcess
  hooks(): ScheduleHooks
  events(): EventSink<JobEvents>
}

/**
 * The pipeline of an application's attempts in this process, and what it is handed of other rooms:
 * processes for isolated jobs, the hooks of schedules, the memory of groups. Nothing is made before
 * it is asked for.
 */
export class AttemptWiring {
  readonly #app: WiredApp
  readonly #own: OwnDependencies

  constructor(app: WiredApp, own: OwnDependencies) {
    this.#app = app
    this.#own = own
  }

  /** The pipeline that the connection's jobs run through. */
  get runner(): AttemptRunner {
    return this.#own.services.get('runner', () => this.runnerWith({}))
  }

  /** A pipeline with other parts in the place of the application's. */
  runnerWith(others: Partial<AttemptRunnerDependencies>): AttemptRunner {
    const app = this.#app
    const { log, clock, random } = app
    return new AttemptRunner({
      app,
      log,
      clock,
      random,
      jobs: () => app.jobs,
      ready: () => app.ready(),
      tickRuns: this.#tickRuns,
      events: this.#own.events(),
      payloadLimitBytes: payloadLimitBytes(app.settings),
      isolated: this.#isolated,
      push: async job => (await app.connection).carrier.push(job),
      groups: async () => (await app.connection).groups,
      pushChild: (parent, job, args) => app.queue.pushChild(parent, job, args),
      middleware: () => app.middleware,
      ...others,
    })
  }

  /** What the processes of isolated jobs occupy together, as `IsolatedProcesses.memoryBytes` says. */
  get isolatedMemoryBytes(): number {
    return this.#isolated.memoryBytes
  }

  /** Made before the connection, and so disposed of after the last attempt has ended. */
  get #isolated(): IsolatedProcesses {
    const open = () => {
      const { log, clock } = this.#app
      const { fork } = this.#own
      return new IsolatedProcesses({ fork, jobs: () => this.#app.jobs, log, clock })
    }
    return this.#own.services.get('isolated processes', open, processes => processes.stop())
  }

  get #tickRuns(): ScheduledRuns {
    const app = this.#app
    const { log, clock } = app
    return new ScheduledRuns({
      app,
      hooks: this.#own.hooks(),
      schedules: async () => (await app.scheduler)?.timetable.schedules ?? [],
      ticks: async () => (await app.connection).ticks,
      log,
      clock,
    })
  }

  /**
   * Looks after the groups of jobs that are under way, as `GroupReaper.round` says.
   * @param everyMs nothing is done when somebody else has begun to so short a time ago
   */
  async reapGroups(everyMs: number): Promise<void> {
    const { admin, groups: memory } = await this.#app.connection
    const { runner } = this
    const reaper = new GroupReaper({
      memory,
      admin,
      goOn: id => runner.goOn(id),
      lost: (job, error) => runner.lost(job, error),
      log: this.#app.log,
    })
    await reaper.round(everyMs)
  }
}
