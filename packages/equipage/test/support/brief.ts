import assert from 'node:assert/strict'

/** Sorting so many numbers takes about a millisecond of one core of 2026. */
const sortedAtOnce = 3_000
const tries = 20

/**
 * Fails when `run` needs more work than sorting takes that a machine of 2026 does within `limitMs`,
 * measured right before it: so neither a slow machine nor a busy one makes a difference. A process
 * may be stopped in its midst, so the best of several tries counts.
 */
export function assertBrief(run: () => void, limitMs: number, what: string): void {
  let best = Number.POSITIVE_INFINITY
  for (let n = 0; n < tries; n++) {
    const machineMs = Math.max(1, elapsedMs(sortOnce))
    best = Math.min(best, elapsedMs(run) / machineMs)
    if (best < limitMs) return
  }
  assert.fail(`${what}: as long as ${best.toFixed(1)} ms of sorting, more than ${limitMs}`)
}

function sortOnce(): void {
  const numbers = Array.from({ length: sortedAtOnce }, (_, n) => (n * 7_919) % 104_729)
  numbers.sort((a, b) => a - b)
}

function elapsedMs(run: () => void): number {
  const start = performance.now()
  run()
  return performance.now() - start
}
