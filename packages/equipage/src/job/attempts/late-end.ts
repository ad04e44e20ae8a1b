import type { Clock } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'

/** How long a function may take to end after its signal was aborted, before it is told of. */
const politeMs = 1_000

/**
 * An attempt has been aborted, and its function may run on: says so after a second, and when it
 * ends at last, each time with how long after the abort that is.
 */
export function reportLateEnd(running: Promise<unknown>, log: Logger, clock: Clock): void {
  const abortedAt = clock.monotonic()
  const afterMs = () => Math.round(clock.monotonic() - abortedAt)
  let late = false
  const stillRuns = clock.after(politeMs, () => {
    log.warn(
      { afterMs: afterMs() },
      'the function of an attempt that had been aborted still runs; let it heed its signal',
    )
  })
  const settled = () => {
    stillRuns.cancel()
    if (!late) return
    log.warn(
      { afterMs: afterMs() },
      'the function of an attempt that had been aborted has ended; let it heed its signal',
    )
  }
  running.then(settled, settled)
  setImmediate(() => {
    late = true
  })
}
