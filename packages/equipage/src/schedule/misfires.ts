import type { Schedule } from './schedule.ts'

/** One tick to be decided, and whether it comes late by its policy. */
export interface DueTick {
  /** Epoch milliseconds. */
  readonly instant: number
  readonly misfire: boolean
  /** Dropped by the misfire policy: it is decided, and nothing runs. */
  readonly missed: boolean
}

/**
 * A tick that is handled this late still counts as on time: half the schedule's shortest gap,
 * but no less than a second and no more than half a minute. A busy moment is no misfire.
 */
function toleranceMs(schedule: Schedule<never>): number {
  return Math.min(30_000, Math.max(1_000, schedule.timing.shortestGapMs / 2))
}

/**
 * What is due of one schedule, in order, from the tick after `cursor` to `now`. Ticks in a row
 * that are dropped come as one, the last of them, since the cursor passes over the others.
 */
export function dueTicks(schedule: Schedule<never>, cursor: number, now: number): DueTick[] {
  const onTimeFrom = now - toleranceMs(schedule)
  const late: number[] = []
  const due: DueTick[] = []
  let instant = schedule.timing.next(cursor, schedule.anchor)
  while (instant !== null && instant <= now) {
    // Of ticks that came due together the last alone can be on time: the others were missed.
    const next = schedule.timing.next(instant, schedule.anchor)
    const last = next === null || next > now
    if (last && instant >= onTimeFrom) due.push({ instant, misfire: false, missed: false })
    else late.push(instant)
    instant = next
  }
  return [...byPolicy(schedule, late, now), ...due]
}

function byPolicy(schedule: Schedule<never>, late: readonly number[], now: number): DueTick[] {
  const { misfire, misfireWithinMs } = schedule
  const earliest = misfireWithinMs === null ? Number.NEGATIVE_INFINITY : now - misfireWithinMs
  const inWindow = late.filter(instant => instant >= earliest)
  const fires: number[] = { skip: [], once: inWindow.slice(-1), all: inWindow }[misfire]
  const ticks = fires.map(instant => ({ instant, misfire: true, missed: false }))
  const lastDropped = late.findLast(instant => !fires.includes(instant))
  if (lastDropped === undefined) return ticks
  // Dropped ticks are earlier than those that fire, except under `skip`, where none fires.
  return [{ instant: lastDropped, misfire: false, missed: true }, ...ticks]
}
