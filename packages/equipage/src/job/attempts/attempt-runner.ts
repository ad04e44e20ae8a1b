import { type Random, toError } from '../../core/index.ts'
import { childOf, type Logger } from '../../log/index.ts'
import type { JobRegistry } from '../definitions/index.ts'
import { type EndedJob, FollowUps, type GroupMemory, GroupRuns } from '../following/index.ts'
import type { PushedJob, Receipt } from '../pushing/index.ts'
import type { Attempt, Outcome } from './attempt.ts'
import { decideOutcome } from './decide-outcome.ts'
import {
  type EndingDependencies,
  emitOutcome,
  followUp,
  logOutcome,
  notifyTickRuns,
} from './ending.ts'
import type { Execution } from './execution.ts'
import { notifyEnd } from './tick-runs.ts'
import { doWork, type WorkDependencies } from './work.ts'

/** What the attempt pipeline is made of. */
export interface AttemptRunnerDependencies extends WorkDependencies {
  /** The application's jobs. */
  jobs(): Promise<JobRegistry>
  log: Logger
  random: Random
  /** Resolves when the application is ready to run jobs: its tables are there. */
  ready(): Promise<void>
  /** Pushes what follows a job: a chain's next job, the members and the finally job of a group. */
  push(job: PushedJob): Promise<Receipt>
  /** Where groups are remembered while they are under way. */
  groups(): Promise<GroupMemory>
}

type PipelineDependencies = Omit<AttemptRunnerDependencies, 'ready'> &
  WorkDependencies &
  EndingDependencies

/**
 * The one pipeline that every attempt of every job runs through, whatever the connection. Its work
 * ends with the first stage that throws; then the outcome is decided, and the ending takes place,
 * whatever the outcome is. It never rejects.
 */
export class AttemptRunner {
  readonly #dependencies: PipelineDependencies
  readonly #groups: GroupRuns
  #registry: JobRegistry | undefined
  #ready = false
  /** Attempts that have ended in this process, those that failed or were released among them. */
  ended = 0

  constructor(dependencies: AttemptRunnerDependencies) {
    this.#groups = new GroupRuns(dependencies)
    const becomeReady = async () => {
      await dependencies.ready()
      this.#ready = true
    }
    this.#dependencies = {
      ...dependencies,
      followUps: new FollowUps(dependencies, this.#groups),
      ready: () => (this.#ready ? undefined : becomeReady()),
    }
  }

  /** @returns what the connection has to do with the job; never rejects */
  async run(attempt: Attempt): Promise<Outcome> {
    const dependencies = this.#dependencies
    // Each wait would let the queue's own work go before the job.
    this.#registry ??= await dependencies.jobs()
    const worked = await doWork(this.#receive(attempt, this.#registry), dependencies)
    const decided = await decideOutcome(worked, dependencies)
    if (decided.definition) this.ended++
    logOutcome(decided, dependencies)
    const ended = await followUp(decided, dependencies)
    await notifyTickRuns(ended, dependencies)
    emitOutcome(ended, dependencies)
    return ended.outcome
  }

  #receive(attempt: Attempt, registry: JobRegistry): Execution {
    const { id: jobId, name: job, queue } = attempt
    const receivedAt = this.#dependencies.clock.monotonic()
    return {
      attempt,
      registry,
      definition: registry.job(job),
      log: childOf(this.#dependencies.log, { job, jobId, queue, attempt: attempt.attempt }),
      receivedAt,
      startedAt: receivedAt,
      payload: undefined,
      returned: undefined,
      result: null,
      followUp: {},
      error: undefined,
    }
  }

  /**
   * Does what follows a job that has failed for good without an attempt that could do it: its worker
   * died too often, or the job is gone. Never rejects.
   */
  async lost(job: EndedJob, error: Error): Promise<void> {
    const { followUps, tickRuns } = this.#dependencies
    const log = this.#dependencies.log.child({ job: job.name, jobId: job.id, queue: job.queue })
    try {
      log.error({ outcome: 'failed', err: error }, 'job failed without an attempt')
      const followed = await followUps.afterFailure(error, job, await this.#dependencies.jobs())
      await notifyEnd(tickRuns, job, { state: 'failed', error, ...followed }, log)
    } catch (thrown) {
      log.error({ err: toError(thrown) }, 'what follows a failed job could not be done')
    }
  }

  /** Pushes the finally job of a group whose members have all ended, unless that was done. */
  async goOn(group: string): Promise<void> {
    await this.#groups.goOn(group, await this.#dependencies.jobs())
  }
}
