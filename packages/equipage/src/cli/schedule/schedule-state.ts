import { keepsPlace, type LedgerRow, type StoredSchedule } from '../../connection/index.ts'
import { endOfTime, type Schedule } from '../../schedule/index.ts'

/** Where a schedule of the code stands: what the connection has stored of it, or would begin with. */
export interface ScheduleState {
  /** Whether the connection has it with the timing that the code has. If not, its first registration starts it anew. */
  readonly registered: boolean
  /** Epoch milliseconds; now when it is not registered. */
  readonly anchor: number
  /** The last tick that was decided, epoch milliseconds; now when it is not registered. */
  readonly cursor: number
  /** Since when it is paused, epoch milliseconds. */
  readonly pausedAt: number | null
  /** The row of the last tick, also of a timing that it had before. */
  readonly last: LedgerRow | null
}

/** A schedule of the code, and where it stands. */
export interface Placed<App = unknown> {
  readonly schedule: Schedule<App>
  readonly state: ScheduleState
}

/** @param now epoch milliseconds, whole */
export function stateOf<App>(
  schedule: Schedule<App>,
  stored: StoredSchedule | undefined,
  now: number,
): ScheduleState {
  const { pausedAt = null, last = null } = stored ?? {}
  const { name = '', definition } = schedule
  if (stored && keepsPlace(stored, { name, definition })) {
    return { registered: true, anchor: stored.anchor, cursor: stored.cursor, pausedAt, last }
  }
  return { registered: false, anchor: now, cursor: now, pausedAt, last }
}

/** Whether its function answered `stop`: it does not fire again. */
export const hasEnded = ({ cursor }: ScheduleState): boolean => cursor >= endOfTime

/**
 * The first ticks after an instant.
 * @returns epoch milliseconds; fewer than `count` when the schedule ends, none when it has ended
 */
export function nextTicks<App>(
  { schedule: { timing }, state }: Placed<App>,
  after: number,
  count: number,
): number[] {
  const ticks: number[] = []
  if (hasEnded(state)) return ticks
  let tick: number | null = after
  while (ticks.length < count) {
    tick = timing.next(tick, state.anchor)
    if (tick === null) break
    ticks.push(tick)
  }
  return ticks
}

/** The first tick that is neither past nor decided; null when it never fires again. */
export function nextTick<App>(placed: Placed<App>, now: number): number | null {
  return nextTicks(placed, Math.max(now, placed.state.cursor), 1)[0] ?? null
}
