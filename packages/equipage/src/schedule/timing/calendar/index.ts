export {
  dayMs,
  dayNumber,
  dayOf,
  daysInMonth,
  firstDayOf,
  firstInstant,
  hourMs,
  isoDate,
  lastLocal,
  lengthOf,
  type MonthIndex,
  minuteMs,
  monthIndexOf,
  secondMs,
  weekdayOf,
} from './calendar.ts'
export {
  atWords,
  type ClockForm,
  type ClockTimes,
  clockTime,
  clockTimes,
  looksLikeTime,
  shortestGapOf,
  timeAfter,
} from './clock-times.ts'
export { instantWords, listed, monthName, ordinal, placeIn, ranged, timeOfDay } from './words.ts'
export { systemZone, type Zone, zoneNamed } from './zone.ts'
