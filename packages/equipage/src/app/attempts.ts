import type { ChildProcess } from 'node:child_process'
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

/** What the attempts of an application use of its runtime; each is made when it is asked for. */
interface AttemptServices {
  readonly log: Logger
  readonly clock: Clock
  readonly random: Random
  readonly queue: Queue
  readonly events: EventSink<JobEvents>
  readonly jobs: Promise<JobRegistry>
  readonly connection: Promise<Connection>
  readonly scheduler: Promise<EquipageScheduler<unknown> | undefined>
  readonly payloadLimitBytes: number
  ready(): Promise<void>
}

interface AttemptsDependencies {
  /** Handed to jobs and hooks as `app`. */
  readonly app: object
  readonly services: Services
  /** Starts a process that runs isolated jobs of the application. */
  fork(): ChildProcess
  hooks(): ScheduleHooks
  /** Asked for with each attempt. */
  middleware(): readonly JobMiddleware[]
}

const own = { runner: Symbol('attempt runner'), isolated: Symbol('isolated processes') }

/**
 * The pipeline of an application's attempts in this process, and what it is handed of other rooms:
 * processes for isolated jobs, the hooks of schedules, the memory of groups. Nothing is made before
 * it is asked for.
 */
export class Attempts {
  readonly #runtime: AttemptServices
  readonly #dependencies: AttemptsDependencies

  constructor(runtime: AttemptServices, dependencies: AttemptsDependencies) {
    this.#runtime = runtime
    this.#dependencies = dependencies
  }

  /** The pipeline that the connection's jobs run through. */
  get runner(): AttemptRunner {
    return this.#dependencies.services.get(own.runner, () => this.runnerWith({}))
  }

  /** A pipeline with some of its dependencies replaced. */
  runnerWith(replaced: Partial<AttemptRunnerDependencies>): AttemptRunner {
    const runtime = this.#runtime
    const { app, middleware } = this.#dependencies
    const { log, clock, random, events, payloadLimitBytes } = runtime
    return new AttemptRunner({
      app,
      log,
      clock,
      random,
      events,
      payloadLimitBytes,
      middleware,
      jobs: () => runtime.jobs,
      ready: () => runtime.ready(),
      tickRuns: this.#tickRuns,
      isolated: this.#isolated,
      push: async job => (await runtime.connection).carrier.push(job),
      groups: async () => (await runtime.connection).groups,
      pushChild: (parent, job, args) => runtime.queue.pushChild(parent, job, args),
      ...replaced,
    })
  }

  /** What the processes of isolated jobs occupy together, as `IsolatedProcesses.memoryBytes` says. */
  get isolatedMemoryBytes(): number {
    return this.#isolated.memoryBytes
  }

  /** Made before the connection, and so disposed of after the last attempt has ended. */
  get #isolated(): IsolatedProcesses {
    const open = () => {
      const { log, clock } = this.#runtime
      const { fork } = this.#dependencies
      return new IsolatedProcesses({ fork, jobs: () => this.#runtime.jobs, log, clock })
    }
    const { services } = this.#dependencies
    return services.get(own.isolated, open, processes => processes.stop())
  }

  get #tickRuns(): ScheduledRuns {
    const runtime = this.#runtime
    const { log, clock } = runtime
    return new ScheduledRuns({
      app: this.#dependencies.app,
      hooks: this.#dependencies.hooks(),
      schedules: async () => (await runtime.scheduler)?.timetable.schedules ?? [],
      ticks: async () => (await runtime.connection).ticks,
      log,
      clock,
    })
  }

  /**
   * Looks after the groups of jobs that are under way, as `GroupReaper.round` says.
   * @param everyMs nothing is done when somebody else has begun to so short a time ago
   */
  async reapGroups(everyMs: number): Promise<void> {
    const { admin, groups: memory } = await this.#runtime.connection
    const { runner } = this
    const reaper = new GroupReaper({
      memory,
      admin,
      goOn: id => runner.goOn(id),
      lost: (job, error) => runner.lost(job, error),
      log: this.#runtime.log,
    })
    await reaper.round(everyMs)
  }
}
