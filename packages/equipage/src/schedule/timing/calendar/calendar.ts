/**
 * Dates of the Gregorian calendar as whole numbers: a day is its count from
 * 1970-01-01, a local time the milliseconds from that day's midnight on a clock
 * on the wall. No zone, no Date, no allocation.
 */
export const secondMs = 1_000
export const minuteMs = 60_000
export const hourMs = 3_600_000
export const dayMs = 86_400_000
export const weekMs = 604_800_000

/** No timing answers beyond the last millisecond of the year 9999. */
export const lastLocal = 253_402_300_799_999

/** No calendar timing answers before the year 0. */
export const firstInstant = -62_167_219_200_000

/** The day of a local time, from 1970-01-01. */
export const dayOf = (local: number): number => Math.floor(local / dayMs)

/** 0 is Sunday, as in cron. */
export const weekdayOf = (day: number): number => (((day + 4) % 7) + 7) % 7

export const isLeapYear = (year: number): boolean =>
  year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

/** @param month 1 to 12 */
export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Days before the first of each month in a year counted from March, so that the leap day comes last. */
const beforeMonth = (monthFromMarch: number): number => Math.floor((153 * monthFromMarch + 2) / 5)

/**
 * The day's count from 1970-01-01.
 * @param month 1 to 12
 * @param day 1 to 31; a day past the month's end runs into the next month
 */
export function dayNumber(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const leapDays =
    Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return marchYear * 365 + leapDays + beforeMonth((month + 9) % 12) + day - 719_469
}

/** A month as one number, so that months are counted by plain addition: year * 12 + month - 1. */
export type MonthIndex = number

/** The month of a day. */
export function monthIndexOf(day: number): MonthIndex {
  // Days from 0000-03-01: whole cycles of 400 years, then the year inside the cycle, then the month.
  const shifted = day + 719_468
  const cycle = Math.floor(shifted / 146_097)
  const inCycle = shifted - cycle * 146_097
  const year = Math.floor(
    (inCycle -
      Math.floor(inCycle / 1_460) +
      Math.floor(inCycle / 36_524) -
      Math.floor(inCycle / 146_096)) /
      365,
  )
  const inYear = inCycle - (365 * year + Math.floor(year / 4) - Math.floor(year / 100))
  const monthFromMarch = Math.floor((5 * inYear + 2) / 153)
  return (cycle * 400 + year) * 12 + monthFromMarch + 2
}

/** The first day of a month. */
export const firstDayOf = (month: MonthIndex): number =>
  dayNumber(Math.floor(month / 12), (((month % 12) + 12) % 12) + 1, 1)

/** The days of a month: 28 to 31. */
export const lengthOf = (month: MonthIndex): number => firstDayOf(month + 1) - firstDayOf(month)

/** A day as `YYYY-MM-DD`. */
export function isoDate(day: number): string {
  const month = monthIndexOf(day)
  const year = Math.floor(month / 12)
  const two = (value: number) => String(value).padStart(2, '0')
  return `${String(year).padStart(4, '0')}-${two(month - year * 12 + 1)}-${two(day - firstDayOf(month) + 1)}`
}
