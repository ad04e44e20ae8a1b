import { type Duration, durationMs } from '../../core/index.ts'

/** Tell the two apart where a program has two copies of this package, and so two of each class. */
const finalBrand = Symbol.for('equipage.DoNotRetry')
const releaseBrand = Symbol.for('equipage.Release')

/** Thrown by a job: it has failed for good, whatever attempts it has left. */
export class DoNotRetry extends Error {
  readonly [finalBrand] = true

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'DoNotRetry'
  }
}

/**
 * Thrown by a job: not now. It goes back to its queue and runs again after the delay; what was
 * done of this attempt counts neither as an attempt nor as a failure.
 */
export class Release extends Error {
  /** Milliseconds. */
  readonly [releaseBrand]: number

  /**
   * @param delay how long the job waits
   * @param reason said in the log
   * @throws E_BAD_DURATION
   */
  constructor(delay: Duration, reason = 'released') {
    super(reason)
    this.name = 'Release'
    this[releaseBrand] = durationMs(delay, 'new Release(...)')
  }
}

/** Whether an error says that its job has failed for good. */
export function isDoNotRetry(error: Error): boolean {
  return finalBrand in error
}

/**
 * How long a job is to wait that an error released.
 * @returns milliseconds, 1 or more; undefined for any other error
 */
export function releaseDelay(error: Error): number | undefined {
  const delayMs = releaseBrand in error ? error[releaseBrand] : undefined
  // Of no delay at all are those alone that a worker hands back.
  return typeof delayMs === 'number' ? Math.max(1, delayMs) : undefined
}
