import type { ClockForm, ClockTimes, Timing, WeekdayMask, Zone } from '../timing/index.ts'

/** What a beginning is built with. */
export interface TimingContext {
  readonly times: ClockTimes | undefined
  readonly zone: Zone
  /** What is drawn at random is drawn from this. */
  readonly seed: string
  /** 1, or 0 when the schedule names the instant it starts at, which is then its first tick. */
  readonly firstStep: 0 | 1
}

/** How a chain begins: `every(10).minutes`, `cron('...')`, `daily()`. What follows fills in the rest. */
export interface TimingSpec {
  /** The calls as they were written, for errors; the same text begins the same timing. */
  readonly where: string
  /** What `.at()` takes here; undefined when it takes nothing. */
  readonly form: ClockForm | undefined
  /** The zone that it names itself, as `CRON_TZ=` does. */
  readonly zone?: Zone | undefined
  /** Whether ticks are drawn from a seed, so that two schedules cannot share the timing. */
  readonly seeded?: boolean
  /** Set where days of the week take the place of the day it had, as in `weekly().mondays()`. */
  readonly onDays?: (mask: WeekdayMask) => TimingSpec
  build(setting: TimingContext): Timing
}
