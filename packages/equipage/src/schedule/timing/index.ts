export { AlignedTiming } from './aligned-timing.ts'
export {
  type ClockForm,
  type ClockTimes,
  clockTime,
  clockTimes,
  dayMs,
  dayNumber,
  dayOf,
  daysInMonth,
  hourMs,
  instantWords,
  isoDate,
  looksLikeTime,
  minuteMs,
  placeIn,
  secondMs,
  systemZone,
  type Zone,
  zoneNamed,
} from './calendar/index.ts'
export { cronTiming, parseCron } from './cron/index.ts'
export { DayPattern } from './day-pattern.ts'
export { ElapsedTiming } from './elapsed-timing.ts'
export { hashOf } from './hash.ts'
export { type ElapsedUnit, elapsedUnits, IntervalTiming } from './interval-timing.ts'
export { JitterTiming } from './jitter-timing.ts'
export { latestTick } from './latest-tick.ts'
export { LimitTiming } from './limit-timing.ts'
export { MonthDaysPattern } from './month-days-pattern.ts'
export { MonthPattern } from './month-pattern.ts'
export { OnceTiming } from './once-timing.ts'
export { StartingTiming } from './starting-timing.ts'
export { EvenSteps, RandomSteps, type Steps } from './steps.ts'
export type { Timing } from './timing.ts'
export { type Deadline, deadlineAt, UntilTiming } from './until-timing.ts'
export { WallTiming } from './wall-timing.ts'
export {
  mondayToFriday,
  saturdayAndSunday,
  type Weekday,
  type WeekdayMask,
  WeekdayPattern,
  weekdayMask,
} from './weekday-pattern.ts'
export { daysWindow, hoursWindow, type Window } from './window.ts'
export { WindowedTiming } from './windowed-timing.ts'
