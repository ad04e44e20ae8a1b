import type { Schedule } from '../schedule/index.ts'
import { table } from './table.ts'

/** One schedule as `equipage schedule list --json` gives it. */
export interface ScheduleRow {
  name: string
  timing: string
  zone: string
  /** ISO 8601 with the zone's offset; null when it never fires again. */
  next: string | null
}

/** @param now epoch milliseconds; next ticks are counted from here */
export function scheduleRows<App>(schedules: readonly Schedule<App>[], now: number): ScheduleRow[] {
  return schedules.map(schedule => ({
    name: schedule.name ?? '',
    timing: schedule.words,
    zone: schedule.zone,
    next: schedule.next(now)?.toString({ smallestUnit: 'second', timeZoneName: 'never' }) ?? null,
  }))
}

/** The schedules for a reader: name, timing in words, zone, next tick. */
export function scheduleTable<App>(schedules: readonly Schedule<App>[], now: number): string {
  if (schedules.length === 0) return 'no schedules: register() wrote none'
  const rows = scheduleRows(schedules, now).map(row => [
    row.name,
    row.timing,
    row.zone,
    row.next?.replace('T', ' ') ?? 'never again',
  ])
  return table(['schedule', 'timing', 'zone', 'next tick'], rows)
}
