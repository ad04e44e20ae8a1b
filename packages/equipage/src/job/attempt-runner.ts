import { EquipageError, isEquipageError, type Random, throughJson, toError } from '../core/index.ts'
import { childOf, type Logger } from '../log/index.ts'
import {
  type Attempt,
  type EndedJob,
  emitBegin,
  emitEnd,
  emitOutcome,
  isDoNotRetry,
  type Outcome,
  type PerformDependencies,
  perform,
  releaseDelay,
  type TickRuns,
  unknownJobPatienceMs,
  unknownJobPauseMs,
  waitedForDeployment,
} from './attempts/index.ts'
import { backoffMs, type JobDefinition, type JobRegistry } from './definitions/index.ts'
import {
  type FinalEnd,
  FollowUps,
  fanOutOf,
  type GroupMemory,
  GroupRuns,
  nextOfChain,
} from './following/index.ts'
import { type PushedJob, type Receipt, readPayload } from './pushing/index.ts'

/** An attempt that has ended; what follows the job is still to be pushed. */
type Ended = FinalEnd | Extract<Outcome, { state: 'retrying' | 'released' }>

/** What the attempt pipeline is made of. */
export interface AttemptRunnerDependencies extends PerformDependencies {
  /** The application's jobs. */
  jobs(): Promise<JobRegistry>
  log: Logger
  random: Random
  /** Resolves when the application is ready to run jobs: its tables are there. */
  ready(): Promise<void>
  /** Pushes what follows a job: a chain's next job, the members and the last job of a group. */
  push(job: PushedJob): Promise<Receipt>
  /** Where groups are remembered while they are under way. */
  groups(): Promise<GroupMemory>
  /** The most bytes that the payload of what follows a job, and all results of a group, may take as JSON; any number when left out. */
  payloadLimitBytes?: number
  /** Told of the runs that ticks began; left out, nobody is. */
  tickRuns?: TickRuns
}

/**
 * The one road that every attempt of every job takes, whatever the connection:
 * find the definition, read the payload, run inside of the middleware with a timeout and a signal,
 * check the result, record how it ended, do what follows in its chain or group, and tell of it: to
 * those who follow the ticks, and to those who listen. It never rejects.
 */
export class AttemptRunner {
  readonly #dependencies: AttemptRunnerDependencies
  readonly #groups: GroupRuns
  readonly #followUps: FollowUps
  #registry: JobRegistry | undefined
  #ready = false
  /** Attempts that have ended in this process, those that failed among them. */
  ended = 0

  constructor(dependencies: AttemptRunnerDependencies) {
    this.#dependencies = dependencies
    this.#groups = new GroupRuns(dependencies)
    this.#followUps = new FollowUps(dependencies, this.#groups)
  }

  /** @returns what the connection has to do with the job; never rejects */
  async run(attempt: Attempt): Promise<Outcome> {
    const startedAt = this.#dependencies.clock.monotonic()
    // Each wait would let the queue's own work go before the job.
    this.#registry ??= await this.#dependencies.jobs()
    const registry = this.#registry
    const definition = registry.job(attempt.name)
    const log = childOf(this.#dependencies.log, {
      job: attempt.name,
      jobId: attempt.id,
      queue: attempt.queue,
      attempt: attempt.attempt,
    })
    const ended = definition
      ? await this.#known(attempt, registry, definition, log)
      : await this.#unknown(attempt)
    const outcome = await this.#followUp(ended, attempt, registry, definition, log)
    await emitEnd(this.#dependencies.tickRuns, attempt, outcome, log, attempt.signal)
    const durationMs = Math.round(this.#dependencies.clock.monotonic() - startedAt)
    emitOutcome(this.#dependencies.events, attempt, outcome, durationMs)
    return outcome
  }

  /**
   * Does what follows a job that has failed for good without an attempt that could tell: it took its
   * worker down too often, or is gone. Never rejects.
   */
  async lost(job: EndedJob, error: Error): Promise<void> {
    const log = this.#dependencies.log.child({ job: job.name, jobId: job.id, queue: job.queue })
    try {
      log.error({ outcome: 'failed', err: error }, 'job failed without an attempt')
      const registry = await this.#dependencies.jobs()
      const outcome = await this.#followUps.of({ state: 'failed', error }, job, registry)
      await emitEnd(this.#dependencies.tickRuns, job, outcome, log)
    } catch (thrown) {
      log.error({ err: toError(thrown) }, 'what follows a failed job could not be done')
    }
  }

  /** Pushes the last job of a group whose members have all ended, unless that was done. */
  async goOn(group: string): Promise<void> {
    await this.#groups.goOn(group, await this.#dependencies.jobs())
  }

  async #known(
    attempt: Attempt,
    registry: JobRegistry,
    definition: JobDefinition,
    log: Logger,
  ): Promise<Ended> {
    log.debug('job started')
    const { id, name, queue } = attempt
    this.#dependencies.events?.emit('job:started', () => ({
      id,
      name,
      queue,
      attempt: attempt.attempt,
    }))
    const told = emitBegin(this.#dependencies.tickRuns, attempt, log)
    if (told !== undefined) await told
    const startedAt = this.#dependencies.clock.monotonic()
    const ended = await this.#outcomeOf(attempt, registry, definition, log)
    this.ended++
    recordEnd(log, ended, Math.round(this.#dependencies.clock.monotonic() - startedAt))
    return ended
  }

  async #outcomeOf(
    attempt: Attempt,
    registry: JobRegistry,
    definition: JobDefinition,
    log: Logger,
  ): Promise<Ended> {
    try {
      // The worker may have let go of the job while others were told of its begin.
      attempt.signal.throwIfAborted()
      const read = readPayload(definition, attempt.data)
      const payload = read instanceof Promise ? await read : read
      if (!this.#ready) await this.#dependencies.ready()
      this.#ready = true
      const returned = await perform(this.#dependencies, attempt, definition, payload, log)
      const result = throughJson(returned, `result of job "${definition.name}"`)
      const { payloadLimitBytes } = this.#dependencies
      const group = registry.group(definition.name)
      if (group) {
        const fanOut = await fanOutOf(group, attempt, result, payloadLimitBytes)
        return { state: 'completed', result: { members: fanOut.members.length }, fanOut }
      }
      const next = await nextOfChain(
        registry,
        attempt,
        { state: 'completed', result },
        payloadLimitBytes,
      )
      return { state: 'completed', result, next }
    } catch (thrown) {
      return this.#failure(attempt, definition, toError(thrown))
    }
  }

  /** Does what follows the job, before the connection marks it as ended. */
  async #followUp(
    ended: Ended,
    attempt: Attempt,
    registry: JobRegistry,
    definition: JobDefinition | undefined,
    log: Logger,
  ): Promise<Outcome> {
    if (ended.state === 'retrying' || ended.state === 'released') return ended
    try {
      return await this.#followUps.of(ended, attempt, registry)
    } catch (thrown) {
      const err = toError(thrown)
      log.error({ err }, 'what follows the job could not be pushed')
      const failure = definition && this.#failure(attempt, definition, err)
      return failure
        ? this.#followUp(failure, attempt, registry, undefined, log)
        : { state: 'failed', error: err }
    }
  }

  #failure(
    attempt: Attempt,
    definition: JobDefinition,
    error: Error,
  ): Exclude<Ended, { state: 'completed' }> {
    const { reason } = attempt.signal
    // What a cancelled function throws is its own word for it.
    if (isEquipageError(reason, 'E_JOB_CANCELLED')) return { state: 'failed', error: reason }
    if (isDoNotRetry(error) || hopeless(error)) return { state: 'failed', error }
    if (attempt.signal.aborted) {
      return { state: 'released', delayMs: 0, reason: toError(reason).message }
    }
    const leftMs = this.#leftMs(attempt, definition)
    if (leftMs <= 0) return { state: 'failed', error }
    const releasedMs = releaseDelay(error)
    if (releasedMs !== undefined) {
      return { state: 'released', delayMs: releasedMs, reason: error.message }
    }
    if (attempt.attempt >= attempt.attempts) return { state: 'failed', error }
    return this.#retry(attempt, definition, error, leftMs)
  }

  /** How much time is left for further attempts, in milliseconds: 0 or less when it is over. */
  #leftMs({ pushedAt }: Attempt, { retryUntilMs }: JobDefinition): number {
    if (retryUntilMs === null) return Number.POSITIVE_INFINITY
    return pushedAt + retryUntilMs - this.#dependencies.clock.now()
  }

  #retry(
    { attempt }: Attempt,
    { name, backoff }: JobDefinition,
    error: Error,
    leftMs: number,
  ): Exclude<Ended, { state: 'completed' }> {
    try {
      const waitMs = backoffMs(backoff, { job: name, attempt, error }, this.#dependencies.random)
      // The last attempt is made when the time is over, not long after it.
      return { state: 'retrying', error, delayMs: Math.min(waitMs, leftMs) }
    } catch (thrown) {
      return { state: 'failed', error: toError(thrown) }
    }
  }

  async #unknown(attempt: Attempt): Promise<Ended> {
    const fields = { job: attempt.name, jobId: attempt.id, queue: attempt.queue }
    const waitedMs = await this.#waited(attempt)
    if (waitedMs < unknownJobPatienceMs) {
      const reason = 'no job of that name in this release; it waits for a newer one'
      this.#dependencies.log.warn({ ...fields, waitedMs }, reason)
      return { state: 'released', delayMs: unknownJobPauseMs, reason }
    }
    const error = new EquipageError('E_JOB_NOT_HERE', { job: attempt.name, waitedMs })
    this.#dependencies.log.error({ ...fields, outcome: 'failed', err: error }, 'job failed')
    return { state: 'failed', error }
  }

  async #waited(attempt: Attempt): Promise<number> {
    try {
      return await waitedForDeployment(attempt, this.#dependencies.clock.now())
    } catch (err) {
      this.#dependencies.log.warn(
        { err, jobId: attempt.id },
        'how long a job waits could not be read',
      )
      return 0
    }
  }
}

/** Faults that the same data and the same code would only repeat. */
const hopelessCodes: ReadonlySet<string> = new Set([
  'E_BAD_PAYLOAD',
  'E_NOT_JSON',
  'E_CHAIN_HANDOVER',
  'E_CHAIN_CHANGED',
  'E_GROUP_HANDOVER',
  'E_CHECKPOINT_NAME',
  'E_MIDDLEWARE_NEXT',
])

function hopeless(error: Error): boolean {
  return error instanceof EquipageError && hopelessCodes.has(error.code)
}

function recordEnd(log: Logger, outcome: Ended, durationMs: number): void {
  const fields = { outcome: outcome.state, durationMs }
  if (outcome.state === 'completed') log.info(fields, 'job completed')
  if (outcome.state === 'released')
    log.info({ ...fields, reason: outcome.reason, delayMs: outcome.delayMs }, releasedText(outcome))
  if (outcome.state === 'failed') log.error({ ...fields, err: outcome.error }, 'job failed')
  if (outcome.state === 'retrying') {
    const { error: err, delayMs: retryInMs } = outcome
    log.warn({ ...fields, retryInMs, err }, 'job failed, to be retried')
  }
}

function releasedText({ delayMs }: { delayMs: number }): string {
  return delayMs > 0 ? 'job released, to run again later' : 'job handed back'
}
