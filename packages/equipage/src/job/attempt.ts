import type { Clock } from '../core/clock.ts'
import { EquipageError, toError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import type { Logger } from '../log/index.ts'
import { backoffMs } from './backoff.ts'
import type { JobContext, Progress, RegisteredApp } from './context.ts'
import type { JobDefinition } from './define-job.ts'
import { nextOfChain } from './hand-over.ts'
import { type Json, throughJson } from './json.ts'
import { readPayload } from './payload.ts'
import type { PushedJob, Receipt, Stamp } from './pushed-job.ts'
import type { JobRegistry } from './registry.ts'
import { type TickRuns, tellBegin, tellEnd } from './tick-runs.ts'
import { jobTick } from './tick-stamp.ts'

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
  readonly stamp: Stamp
  /** Aborted when the worker has to let go of the job. */
  readonly signal: AbortSignal
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
export interface AttemptParts {
  /** The application's jobs. */
  jobs(): Promise<JobRegistry>
  /** Handed to jobs as `app`. */
  app: unknown
  log: Logger
  clock: Clock
  random: Random
  /** Resolves when the application is ready to run jobs: its tables are there. */
  ready(): Promise<void>
  /** Pushes a chain's next job. */
  push(job: PushedJob): Promise<Receipt>
  /** Told of the runs that ticks began; left out, nobody is. */
  tickRuns?: TickRuns
}

/** How long a job of an unknown name waits for a newer release, and how often it is looked at. */
const unknownJobPatienceMs = 600_000
const unknownJobPauseMs = 10_000

/**
 * The one road that every attempt of every job takes, whatever the connection:
 * find the definition, read the payload, run with a timeout and a signal, check the result,
 * hand on to the chain's next job, record how it ended, and tell of the run's begin and end where
 * a tick began it. It never rejects.
 */
export class AttemptRunner {
  readonly #parts: AttemptParts
  /** Attempts that have ended in this process, those that failed among them. */
  ended = 0

  constructor(parts: AttemptParts) {
    this.#parts = parts
  }

  /** @returns what the connection has to do with the job; never rejects */
  async run(attempt: Attempt): Promise<Outcome> {
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
      : this.#unknown(attempt)
    await tellEnd(this.#parts.tickRuns, attempt, outcome, log)
    return outcome
  }

  async #known(
    attempt: Attempt,
    registry: JobRegistry,
    definition: JobDefinition,
    log: Logger,
  ): Promise<Outcome> {
    log.debug('job started')
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
      const returned = await this.#perform(attempt, definition, payload, log)
      const result = throughJson(returned, `result of job "${definition.name}"`)
      return { state: 'completed', result, next: await nextOfChain(registry, attempt, result) }
    } catch (thrown) {
      return this.#failure(attempt, definition, toError(thrown))
    }
  }

  /** Runs the job's function; the attempt ends at its timeout and when the worker lets go, even if the function does not. */
  async #perform(
    attempt: Attempt,
    definition: JobDefinition,
    payload: unknown,
    log: Logger,
  ): Promise<unknown> {
    const timeout = new AbortController()
    const signal = AbortSignal.any([attempt.signal, timeout.signal])
    const context: JobContext<unknown> = {
      payload,
      app: this.#parts.app as RegisteredApp,
      log,
      jobId: attempt.id,
      attempt: attempt.attempt,
      signal,
      tick: attempt.stamp.tick && jobTick(attempt.stamp.tick),
      progress: progress => {
        log.debug({ progress }, 'job progress')
        attempt.report(progress)
      },
    }
    const { timeoutMs } = definition
    const timer =
      timeoutMs === null
        ? undefined
        : this.#parts.clock.after(timeoutMs, () =>
            timeout.abort(new EquipageError('E_JOB_TIMEOUT', { job: definition.name, timeoutMs })),
          )
    const run = async () => definition.run(context)
    const running = run()
    try {
      return await Promise.race([running, aborted(signal)])
    } catch (error) {
      if (signal.aborted) reportLateEnd(running, log)
      throw error
    } finally {
      timer?.cancel()
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
      return { ...ended, next: ended.next && (await this.#parts.push(ended.next)) }
    } catch (thrown) {
      const err = toError(thrown)
      log.error({ err }, 'the next job of the chain could not be pushed')
      return this.#failure(attempt, definition, err)
    }
  }

  #failure(
    attempt: Attempt,
    definition: JobDefinition,
    error: Error,
  ): Exclude<Outcome, { state: 'completed' }> {
    if (attempt.signal.aborted && !hopeless(error)) {
      return { state: 'released', delayMs: 0, reason: toError(attempt.signal.reason).message }
    }
    if (hopeless(error) || attempt.attempt >= attempt.attempts) return { state: 'failed', error }
    const delayMs = backoffMs(definition.backoff, attempt.attempt, this.#parts.random)
    return { state: 'retrying', error, delayMs }
  }

  #unknown(attempt: Attempt): Outcome {
    const fields = { job: attempt.name, jobId: attempt.id, queue: attempt.queue }
    // Each look but the first came a pause after the one before.
    const waitedMs = (attempt.starts - 1) * unknownJobPauseMs
    if (waitedMs < unknownJobPatienceMs) {
      const reason = 'no job of that name in this release; it waits for a newer one'
      this.#parts.log.warn({ ...fields, waitedMs }, reason)
      return { state: 'released', delayMs: unknownJobPauseMs, reason }
    }
    const error = new EquipageError('E_JOB_NOT_HERE', { job: attempt.name, waitedMs })
    this.#parts.log.error({ ...fields, outcome: 'failed', err: error }, 'job failed')
    return { state: 'failed', error }
  }
}

/** Faults that the same data and the same code would only repeat. */
const hopelessCodes = new Set([
  'E_BAD_PAYLOAD',
  'E_NOT_JSON',
  'E_CHAIN_HANDOVER',
  'E_CHAIN_CHANGED',
])

function hopeless(error: Error): boolean {
  return error instanceof EquipageError && hopelessCodes.has(error.code)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

/** An attempt has ended and its function has not: says so when it does at last. */
function reportLateEnd(running: Promise<unknown>, log: Logger): void {
  let late = false
  const settled = () => {
    if (late)
      log.warn('the function of an attempt that had been aborted has ended; let it heed its signal')
  }
  running.then(settled, settled)
  setImmediate(() => {
    late = true
  })
}

function recordEnd(log: Logger, outcome: Ended, durationMs: number): void {
  const fields = { outcome: outcome.state, durationMs }
  if (outcome.state === 'completed') log.info(fields, 'job completed')
  if (outcome.state === 'released')
    log.info({ ...fields, reason: outcome.reason }, 'job handed back')
  if (outcome.state === 'failed') log.error({ ...fields, err: outcome.error }, 'job failed')
  if (outcome.state === 'retrying') {
    const { error: err, delayMs: retryInMs } = outcome
    log.warn({ ...fields, retryInMs, err }, 'job failed, to be retried')
  }
}
