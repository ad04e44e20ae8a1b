/**
 * The two clocks and the one timer that the framework uses. Everything that
 * waits or asks for the time is handed a clock, so that a test can carry it
 * through days without waiting.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z; may jump when the machine's clock is set. */
  now(): number
  /** Milliseconds since some fixed moment; never goes back, and stands still while the machine sleeps. */
  monotonic(): number
  /** Calls `fire` once, `delayMs` from now (0 or more; any length). The process stays alive for it. */
  after(delayMs: number, fire: () => void): Timer
  /** Nobody sets it, and no machine sleeps beneath it: it need not be watched. The machine's own is not. */
  readonly steady?: boolean
}

/** A call that is due; cancelling it twice, or after it fired, does nothing. */
export interface Timer {
  cancel(): void
}

/** `setTimeout` overflows at 2^31 ms (24.8 days) and then fires at once, so a longer wait is cut. */
const longestTimeoutMs = 2 ** 31 - 1

/** The machine's own clocks. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, fire) {
    let handle: NodeJS.Timeout
    const arm = (leftMs: number) => {
      handle = setTimeout(
        () => (leftMs > longestTimeoutMs ? arm(leftMs - longestTimeoutMs) : fire()),
        Math.min(leftMs, longestTimeoutMs),
      )
    }
    arm(Math.max(0, delayMs))
    return { cancel: () => clearTimeout(handle) }
  },
}

/**
 * Resolves after `delayMs` on the given clock, or as soon as the signal aborts:
 * it never rejects, so the caller looks at the signal.
 */
export function wait(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const done = () => {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.after(delayMs, done)
    signal?.addEventListener('abort', done)
  })
}

/**
 * Whether a promise settles, either way, within `limitMs`; with 0 it is not waited for at all.
 * The promise itself is left as it is.
 */
export async function settlesWithin(
  promise: Promise<unknown>,
  limitMs: number,
  clock: Clock,
): Promise<boolean> {
  if (limitMs <= 0) return false
  const done = new AbortController()
  const settled = promise.then(
    () => true,
    () => true,
  )
  const late = wait(clock, limitMs, done.signal).then(() => false)
  const result = await Promise.race([settled, late])
  done.abort()
  return result
}
