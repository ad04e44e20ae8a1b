import { type Duration, durationMs, EquipageError, type Random, toError } from '../../core/index.ts'

/** The wait before the next attempt, as a job's definition says it. */
export interface BackoffOptions {
  /** `fixed` waits the same each time; `exponential` doubles from attempt to attempt. */
  type: 'fixed' | 'exponential'
  /** The wait after the first failed attempt. */
  delay: Duration
  /** The share of the wait that is left to chance, 0 to 1: with 0.5, from half of it to all of it. */
  jitter?: number
  /** The longest wait; one hour when left out. */
  cap?: Duration
}

/**
 * Says the wait by itself.
 * @param attempt the attempt that has failed, counted from 1
 * @param error what it failed with
 */
export type BackoffFunction = (attempt: number, error: Error) => Duration

/** All forms: options, a list of waits of which the last one is repeated, a function. */
export type BackoffChoice = BackoffOptions | readonly Duration[] | BackoffFunction

/** A backoff in milliseconds. */
export type Backoff =
  | { type: 'fixed' | 'exponential'; delayMs: number; jitter: number; capMs: number }
  | { type: 'list'; delaysMs: readonly number[] }
  | { type: 'function'; delayOf: BackoffFunction }

/** Used where a job has attempts and says nothing of their backoff. */
const defaults = { type: 'exponential', delay: '1s', jitter: 0.5, cap: '1h' } as const

/**
 * @param where whose backoff it is, for the errors: `job "report.rebuild"`
 * @throws E_BAD_DURATION, E_BAD_OPTION
 */
export function readBackoff(choice: BackoffChoice | undefined, where: string): Backoff {
  if (typeof choice === 'function') return { type: 'function', delayOf: choice }
  if (Array.isArray(choice)) return readList(choice, where)
  if (choice !== undefined && (typeof choice !== 'object' || choice === null)) {
    const expected = "{ type, delay }, a list of durations such as ['10s', '1m'], or a function"
    throw new EquipageError('E_BAD_OPTION', { where, option: 'backoff', given: choice, expected })
  }
  const { type, delay, jitter, cap } = { ...defaults, ...(choice as BackoffOptions | undefined) }
  if (type !== 'fixed' && type !== 'exponential') {
    const expected = "'fixed' or 'exponential', a list of durations, or a function"
    throw new EquipageError('E_BAD_OPTION', {
      where,
      option: 'backoff.type',
      given: type,
      expected,
    })
  }
  if (!(jitter >= 0 && jitter <= 1)) {
    const expected = 'a number from 0 to 1'
    throw new EquipageError('E_BAD_OPTION', {
      where,
      option: 'backoff.jitter',
      given: jitter,
      expected,
    })
  }
  return {
    type,
    delayMs: durationMs(delay, `${where}, backoff.delay`),
    jitter,
    capMs: durationMs(cap, `${where}, backoff.cap`),
  }
}

function readList(list: readonly Duration[], where: string): Backoff {
  if (list.length === 0) {
    const expected = 'one duration or more'
    throw new EquipageError('E_BAD_OPTION', { where, option: 'backoff', given: list, expected })
  }
  const delaysMs = list.map((delay, index) => durationMs(delay, `${where}, backoff[${index}]`))
  return { type: 'list', delaysMs }
}

/** What a wait is worked out for. */
export interface FailedAttempt {
  /** The job's name. */
  readonly job: string
  /** The attempt that has failed, counted from 1. */
  readonly attempt: number
  /** What it failed with. */
  readonly error: Error
}

/**
 * Wait before the next attempt: `delay` (fixed) or `delay * 2^(attempt - 1)` (exponential),
 * capped, and then shortened by up to its share of `jitter`, so that jobs that failed
 * together do not come back together. Or what the list or the function says.
 * @returns milliseconds, whole, 0 or more
 * @throws E_BACKOFF when the job's own function throws or gives no duration
 */
export function backoffMs(backoff: Backoff, failed: FailedAttempt, random: Random): number {
  switch (backoff.type) {
    case 'list':
      return backoff.delaysMs[Math.min(failed.attempt, backoff.delaysMs.length) - 1] ?? 0
    case 'function':
      return ownWait(backoff.delayOf, failed)
    default: {
      // Beyond 2^53 every delay is capped; a power without end would make NaN of a delay of 0.
      const doublings = backoff.type === 'fixed' ? 0 : Math.min(failed.attempt - 1, 53)
      const grown = backoff.delayMs * 2 ** doublings
      const capped = Math.min(grown, backoff.capMs)
      return Math.round(capped * (1 - backoff.jitter * random()))
    }
  }
}

function ownWait(delayOf: BackoffFunction, { job, attempt, error }: FailedAttempt): number {
  try {
    return durationMs(delayOf(attempt, error), `what it gave for attempt ${attempt}`)
  } catch (thrown) {
    const fields = { job, reason: toError(thrown).message, failure: error.message }
    throw new EquipageError('E_BACKOFF', fields, { cause: error })
  }
}
