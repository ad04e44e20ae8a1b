import { EquipageError, isEquipageError, toError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { Logger } from '../log/index.ts'
import { backoffMs } from './backoff.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { Progress } from './context.ts'
import type { JobDefinition } from './define-job.ts'
import { nextOfChain } from './hand-over.ts'
import { type Json, throughJson } from './json.ts'
import { tellOutcome } from './outcome-events.ts'
import { readPayload } from './payload.ts'
import { type PerformParts, perform } from './perform.ts'
import { tellPushed } from './push-event.ts'
import type { PushedJob, Receipt, Stamp } from './pushed-job.ts'
import type { JobRegistry } from './registry.ts'
import { isDoNotRetry, releaseDelay } from './thrown.ts'
import { type TickRuns, tellBegin, tellEnd } from './tick-runs.ts'
import { unknownJobPatienceMs, unknownJobPauseMs, waitedForRelease } from './unknown-job.ts'

/** One attempt, as a connection hands it over. */
export interface Attempt {
  readonly id: string
  readonly name: string
  readonly queue: string
  /** What the queue carried: anything at all, since others can write to it. */
  readonly data: unknown
  /** Counted from 1. */
  readonly attempt: number
  /** How many there may be in all. */
  readonly attempts: number
  /** How often the job was begun, this time and those that did not count included. */
  readonly starts: number
  /** When it was pushed, epoch milliseconds by the clock of the pusher. */
  readonly pushedAt: number
  readonly stamp: Stamp
  /** Aborted when the worker has to let go of the job. */
  readonly signal: AbortSignal
  readonly checkpoints: Checkpoints
  /** Makes the progress known to others, where the connection can. */
  report(progress: Progress): void
}

/** How an attempt ended, and so what the connection has to do with the job. */
export type Outcome =
  | { state: 'completed'; result: Json; next: Receipt | undefined }
  | { state: 'retrying'; error: Error; delayMs: number }
  | { state: 'failed'; error: Error }
  /** The job goes back to its queue as it was: this attempt does not count. */
  | { state: 'released'; delayMs: number; reason: string }

/** An attempt that has ended; when it completed, with the chain's next job still to be pushed. */
type Ended =
  | { state: 'completed'; result: Json; next: PushedJob | undefined }
  | Exclude<Outcome, { state: 'completed' }>

/** What the attempt pipeline is made of. */
export interface AttemptRunnerParts extends PerformParts {
  /** The application's jobs. */
  jobs(): Promise<JobRegistry>
  log: Logger
  random: Random
  /** Resolves when the application is ready to run jobs: its tables are there. */
  ready(): Promise<void>
  /** Pushes a chain's next job. */
  push(job: PushedJob): Promise<Receipt>
  /** The most bytes that the payload of a chain's next job may take as JSON; any number when left out. */
  payloadLimitBytes?: number
  /** Told of the runs that ticks began; left out, nobody is. */
  tickRuns?: TickRuns
}

/**
 * The one road that every attempt of every job takes, whatever the connection:
 * find the definition, read the payload, run inside of the middleware with a timeout and a signal,
 * check the result, hand on to the chain's next job, record how it ended, and tell of it: to those
 * who follow the ticks, and to those who listen. It never rejects.
 */
export class AttemptRunner {
  readonly #parts: AttemptRunnerParts
  /** Attempts that have ended in this process, those that failed among them. */
  ended = 0

  constructor(parts: AttemptRunnerParts) {
    this.#parts = parts
  }

  /** @returns what the connection has to do with the job; never rejects */
  async run(attempt: Attempt): Promise<Outcome> {
    const startedAt = this.#parts.clock.monotonic()
    const registry = await this.#parts.jobs()
    const definition = registry.job(attempt.name)
    const log = this.#parts.log.child({
      job: attempt.name,
      jobId: attempt.id,
      queue: attempt.queue,
      attempt: attempt.attempt,
    })
    const outcome = definition
      ? await this.#known(attempt, registry, definition, log)
      : await this.#unknown(attempt)
    await tellEnd(this.#parts.tickRuns, attempt, outcome, log)
    const durationMs = Math.round(this.#parts.clock.monotonic() - startedAt)
    tellOutcome(this.#parts.events, attempt, outcome, durationMs)
    return outcome
  }

  async #known(
    attempt: Attempt,
    registry: JobRegistry,
    definition: JobDefinition,
    log: Logger,
  ): Promise<Outcome> {
    log.debug('job started')
    const { id, name, queue } = attempt
    this.#parts.events?.emit('job:started', () => ({ id, name, queue, attempt: attempt.attempt }))
    await tellBegin(this.#parts.tickRuns, attempt, log)
    const startedAt = this.#parts.clock.monotonic()
    const outcome = await this.#outcomeOf(attempt, registry, definition, log)
    this.ended++
    recordEnd(log, outcome, Math.round(this.#parts.clock.monotonic() - startedAt))
    return this.#handOn(outcome, attempt, definition, log)
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
      const payload = await readPayload(definition, attempt.data)
      await this.#parts.ready()
      const returned = await perform(this.#parts, attempt, definition, payload, log)
      const result = throughJson(returned, `result of job "${definition.name}"`)
      const { payloadLimitBytes } = this.#parts
      const next = await nextOfChain(registry, attempt, result, payloadLimitBytes)
      return { state: 'completed', result, next }
    } catch (thrown) {
      return this.#failure(attempt, definition, toError(thrown))
    }
  }

  /**
   * Pushes the chain's next job, before the connection marks this one as completed: a crash
   * between the two loses neither, and a second push of the same link is refused by its id.
   */
  async #handOn(
    ended: Ended,
    attempt: Attempt,
    definition: JobDefinition,
    log: Logger,
  ): Promise<Outcome> {
    if (ended.state !== 'completed') return ended
    try {
      return { ...ended, next: ended.next && (await this.#pushNext(ended.next)) }
    } catch (thrown) {
      const err = toError(thrown)
      log.error({ err }, 'the next job of the chain could not be pushed')
      return this.#failure(attempt, definition, err)
    }
  }

  async #pushNext(job: PushedJob): Promise<Receipt> {
    const receipt = await this.#parts.push(job)
    tellPushed(this.#parts.events, job, receipt)
    return receipt
  }

  #failure(
    attempt: Attempt,
    definition: JobDefinition,
    error: Error,
  ): Exclude<Outcome, { state: 'completed' }> {
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
    return pushedAt + retryUntilMs - this.#parts.clock.now()
  }

  #retry(
    { attempt }: Attempt,
    { name, backoff }: JobDefinition,
    error: Error,
    leftMs: number,
  ): Exclude<Outcome, { state: 'completed' }> {
    try {
      const waitMs = backoffMs(backoff, { job: name, attempt, error }, this.#parts.random)
      // The last attempt is made when the time is over, not long after it.
      return { state: 'retrying', error, delayMs: Math.min(waitMs, leftMs) }
    } catch (thrown) {
      return { state: 'failed', error: toError(thrown) }
    }
  }

  async #unknown(attempt: Attempt): Promise<Outcome> {
    const fields = { job: attempt.name, jobId: attempt.id, queue: attempt.queue }
    const waitedMs = await this.#waited(attempt)
    if (waitedMs < unknownJobPatienceMs) {
      const reason = 'no job of that name in this release; it waits for a newer one'
      this.#parts.log.warn({ ...fields, waitedMs }, reason)
      return { state: 'released', delayMs: unknownJobPauseMs, reason }
    }
    const error = new EquipageError('E_JOB_NOT_HERE', { job: attempt.name, waitedMs })
    this.#parts.log.error({ ...fields, outcome: 'failed', err: error }, 'job failed')
    return { state: 'failed', error }
  }

  async #waited(attempt: Attempt): Promise<number> {
    try {
      return await waitedForRelease(attempt, this.#parts.clock.now())
    } catch (err) {
      this.#parts.log.warn({ err, jobId: attempt.id }, 'how long a job waits could not be read')
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
