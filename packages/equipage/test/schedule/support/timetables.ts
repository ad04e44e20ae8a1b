import type { ScheduleBuilder } from '../../../src/schedule/writing/schedule-builder.ts'
import { Timetable, type TimetableOptions } from '../../../src/schedule/writing/timetable.ts'

/** A clock that stands still until it is set. */
export class HandClock {
  at: number

  constructor(iso: string) {
    this.at = Date.parse(iso)
  }

  now(): number {
    return this.at
  }

  set(iso: string): void {
    this.at = Date.parse(iso)
  }

  pass(ms: number): void {
    this.at += ms
  }
}

/** A timetable in Madrid on Saturday, 21 November 2026, at 11:15:30, and its clock. */
export function inMadrid(
  now = '2026-11-21T10:15:30Z',
  options: Omit<TimetableOptions, 'clock'> = {},
): { timetable: Timetable; clock: HandClock } {
  const clock = new HandClock(now)
  return { timetable: new Timetable({ timezone: 'Europe/Madrid', clock, ...options }), clock }
}

function nothing() {}

/** The next ticks of a chain on the wall, without seconds where there are none. */
export const wallTicks = (chain: ScheduleBuilder, count = 3, after?: number | Date): string[] =>
  chain
    .do(nothing)
    .nextTicks(count, after)
    .map(tick => tick.toPlainDateTime().toString().replace(/:00$/, ''))
