import { type Duration, durationMs } from '../core/durations.ts'
import { EquipageError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'

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

/** A backoff in milliseconds. */
export interface Backoff {
  type: 'fixed' | 'exponential'
  delayMs: number
  jitter: number
  capMs: number
}

/** Used where a job has attempts and says nothing of their backoff. */
const defaults = { type: 'exponential', delay: '1s', jitter: 0.5, cap: '1h' } as const

/**
 * @param place whose backoff it is, for the errors: `job "report.rebuild"`
 * @throws E_BAD_DURATION, E_BAD_OPTION
 */
export function readBackoff(options: BackoffOptions | undefined, place: string): Backoff {
  const { type, delay, jitter, cap } = { ...defaults, ...options }
  if (type !== 'fixed' && type !== 'exponential') {
    const expected = "'fixed' or 'exponential'"
    throw new EquipageError('E_BAD_OPTION', {
      place,
      option: 'backoff.type',
      given: type,
      expected,
    })
  }
  if (!(jitter >= 0 && jitter <= 1)) {
    const expected = 'a number from 0 to 1'
    throw new EquipageError('E_BAD_OPTION', {
      place,
      option: 'backoff.jitter',
      given: jitter,
      expected,
    })
  }
  return {
    type,
    delayMs: durationMs(delay, `${place}, backoff.delay`),
    jitter,
    capMs: durationMs(cap, `${place}, backoff.cap`),
  }
}

/**
 * Wait before the next attempt: `delay` (fixed) or `delay * 2^(attempt - 1)` (exponential),
 * capped, and then shortened by up to its share of `jitter`, so that jobs that failed
 * together do not come back together.
 * @param attempt the attempt that has failed, counted from 1
 * @returns milliseconds, whole, 0 to capMs
 */
export function backoffMs(backoff: Backoff, attempt: number, random: Random): number {
  // Beyond 2^53 every delay is capped; a power without end would make NaN of a delay of 0.
  const doublings = backoff.type === 'fixed' ? 0 : Math.min(attempt - 1, 53)
  const grown = backoff.delayMs * 2 ** doublings
  const capped = Math.min(grown, backoff.capMs)
  return Math.round(capped * (1 - backoff.jitter * random()))
}
