import type { Schedule } from '../../schedule/index.ts'
import { shownIn, table } from '../terminal/index.ts'

/** The schedules of a scheduler that starts, for a reader: name, timing in words, zone, next tick after `now` (epoch milliseconds). */
export function scheduleTable<App>(schedules: readonly Schedule<App>[], now: number): string {
  if (schedules.length === 0) return noSchedules
  const rows = schedules.map(schedule => {
    const next = schedule.next(now)
    return [
      schedule.name ?? '',
      schedule.words,
      schedule.zone,
      next === null ? neverAgain : shownIn(schedule, next.epochMilliseconds),
    ]
  })
  return table(['schedule', 'timing', 'zone', 'next tick'], rows)
}

export const noSchedules = 'no schedules: register() wrote none'
export const neverAgain = 'never again'
