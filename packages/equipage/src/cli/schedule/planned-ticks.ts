import type { Span } from '../../connection/index.ts'
import type { Timing } from '../../schedule/index.ts'

/** A span of time with both its ends, epoch milliseconds. */
export type ClosedSpan = { readonly [End in keyof Span]: number }

/**
 * The last ticks of a span, found from its end: a span may hold millions.
 * @returns at most `count`, the earliest first
 */
export function latestTicks(
  timing: Timing,
  anchor: number,
  span: ClosedSpan,
  count: number,
): number[] {
  for (let reach = Math.max(1, timing.shortestGapMs) * count; ; reach *= 2) {
    const from = Math.max(span.from, span.to - reach)
    const ticks: number[] = []
    let tick = timing.next(from - 1, anchor)
    while (tick !== null && tick <= span.to) {
      ticks.push(tick)
      // Far more than were asked for are let go of on the way.
      if (ticks.length > 2 * count) ticks.splice(0, ticks.length - count)
      tick = timing.next(tick, anchor)
    }
    if (ticks.length >= count || from <= span.from) return ticks.slice(-count)
  }
}

/** Whether a timing has exactly `count` ticks in a span that begins and ends with one. */
export function hasTicks(timing: Timing, anchor: number, span: ClosedSpan, count: number): boolean {
  let tick = timing.next(span.from - 1, anchor)
  if (tick !== span.from) return false
  let found = 1
  while (tick !== null && tick < span.to && found <= count) {
    tick = timing.next(tick, anchor)
    found++
  }
  return tick === span.to && found === count
}
