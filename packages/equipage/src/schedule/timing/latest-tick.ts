import type { Timing } from './timing.ts'

/** The last tick of a span of time, and whether it is the only one. */
export interface LatestTick {
  readonly tick: number
  readonly only: boolean
}

/**
 * The last tick after one instant up to another, itself included, found from the end.
 * @returns null when the span has none
 */
export function latestTick(
  timing: Timing,
  anchor: number,
  after: number,
  upTo: number,
): LatestTick | null {
  for (let span = Math.max(1, timing.shortestGapMs); ; span *= 2) {
    const from = Math.max(after, upTo - span)
    let found = timing.next(from, anchor)
    if (found !== null && found <= upTo) {
      let following = timing.next(found, anchor)
      while (following !== null && following <= upTo) {
        found = following
        following = timing.next(found, anchor)
      }
      return { tick: found, only: timing.next(after, anchor) === found }
    }
    if (from === after) return null
  }
}
