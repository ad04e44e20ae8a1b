import type { LedgerRow } from '../../connection/index.ts'
import type { Schedule } from '../../schedule/index.ts'
import { local, shownIn, shownUtc, table, utc, utcOrNull } from '../terminal/index.ts'
import { nextTick, type Placed, type ScheduleState } from './schedule-state.ts'
import { neverAgain, noSchedules } from './schedule-table.ts'

/** A row of the ledger as `--json` gives it. Instants are ISO 8601 in UTC. */
export type JsonRow = Omit<LedgerRow, 'tick' | 'first'> & { tick: string; first: string }

/** One schedule as `equipage schedule list --json` gives it. Instants are ISO 8601 in UTC. */
export interface ScheduleRow {
  name: string
  /** In words, without the zone. */
  timing: string
  zone: string
  tags: readonly string[]
  paused: boolean
  pausedAt: string | null
  /** The last tick that was decided, and its fate. */
  last: JsonRow | null
  /** With the zone's offset; null when it never fires again. */
  next: string | null
  nextUtc: string | null
  /** Whether the connection has it, with this timing. */
  registered: boolean
}

export const jsonRow = (row: LedgerRow): JsonRow => ({
  ...row,
  tick: utc(row.tick),
  first: utc(row.first),
})

/** @param now epoch milliseconds; next ticks are counted from here */
export function scheduleRows<App>(placed: readonly Placed<App>[], now: number): ScheduleRow[] {
  return placed.map(one => {
    const { schedule, state } = one
    const next = nextTick(one, now)
    const { pausedAt, last, registered } = state
    return {
      name: schedule.name ?? '',
      timing: schedule.words,
      zone: schedule.zone,
      tags: schedule.tags,
      paused: pausedAt !== null,
      pausedAt: utcOrNull(pausedAt),
      last: last && jsonRow(last),
      next: next === null ? null : local(next, schedule.zone),
      nextUtc: utcOrNull(next),
      registered,
    }
  })
}

/** The same for a reader. */
export function scheduleRowsTable<App>(placed: readonly Placed<App>[], now: number): string {
  if (placed.length === 0) return noSchedules
  const rows = placed.map(one => {
    const { schedule, state } = one
    const next = nextTick(one, now)
    return [
      schedule.name ?? '',
      schedule.words,
      schedule.zone,
      lastTick(schedule, state.last),
      next === null ? neverAgain : shownIn(schedule, next),
      next === null ? '' : shownUtc(schedule, next),
      stateText(schedule, state),
    ]
  })
  return table(['schedule', 'timing', 'zone', 'last tick', 'next tick', 'in UTC', 'state'], rows)
}

function lastTick<App>(schedule: Schedule<App>, last: LedgerRow | null): string {
  if (!last) return 'none'
  const { fate, reason, misfire, tick } = last
  const why = [reason, misfire ? 'misfire' : null].filter(Boolean).join(', ')
  return `${shownIn(schedule, tick)} ${fate}${why ? ` (${why})` : ''}`
}

function stateText<App>(schedule: Schedule<App>, { pausedAt, registered }: ScheduleState): string {
  const states = [
    pausedAt === null ? '' : `paused since ${shownIn(schedule, pausedAt)}`,
    registered ? '' : 'not registered',
  ]
  return states.filter(Boolean).join(', ')
}
