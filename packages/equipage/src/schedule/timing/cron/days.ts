import { firstDayOf, lengthOf, type MonthIndex, weekdayOf } from '../calendar/index.ts'
import { bitsOf } from './bits.ts'
import { CronFault, cronFields, cronRange, cronValue, quoted, unreadable } from './field.ts'

/**
 * The days that a cron expression means, as bits of a month: bit 0 is the 1st. The two
 * fields are combined as Vixie cron does: when either begins with a star, a day must
 * match both, otherwise one of them is enough.
 */
export class CronDays {
  readonly #month: MonthRules
  readonly #week: WeekRules

  /** @throws CronFault */
  constructor(dayOfMonth: string, dayOfWeek: string) {
    this.#month = monthRules(dayOfMonth)
    this.#week = weekRules(dayOfWeek)
  }

  /** The matching days of a month. */
  inMonth(month: MonthIndex): number {
    const first = weekdayOf(firstDayOf(month))
    const length = lengthOf(month)
    const ofMonth = this.#ofMonth(first, length)
    const ofWeek = this.#ofWeek(first, length)
    const either = !this.#month.star && !this.#week.star
    return (either ? ofMonth | ofWeek : ofMonth & ofWeek) & (2 ** length - 1)
  }

  /** What the two fields ask for, for those who tell it. */
  get rules(): { readonly month: MonthRules; readonly week: WeekRules } {
    return { month: this.#month, week: this.#week }
  }

  #ofMonth(first: number, length: number): number {
    const rules = this.#month
    let bits = rules.days
    for (const back of rules.beforeLast) if (back < length) bits |= 1 << (length - back - 1)
    for (const day of rules.nearWeekday) {
      const found = nearestWeekday(day === lastDay ? length : day, first, length)
      if (found) bits |= 1 << (found - 1)
    }
    return bits
  }

  #ofWeek(first: number, length: number): number {
    const rules = this.#week
    // Seven bits that begin with the month's first weekday, repeated over the month.
    const turned = ((rules.days >> first) | (rules.days << (7 - first))) & 0b1111111
    let bits = turned | (turned << 7) | (turned << 14) | (turned << 21) | (turned << 28)
    for (const [weekday, nth] of rules.nth) {
      const firstSuch = 1 + ((weekday - first + 7) % 7)
      const day = nth === lastOne ? lastSuch(firstSuch, length) : firstSuch + 7 * (nth - 1)
      if (day <= length) bits |= 1 << (day - 1)
    }
    return bits
  }
}

const lastDay = 0
const lastOne = 0

export interface MonthRules {
  readonly star: boolean
  /** Bit 0 is the 1st. */
  readonly days: number
  /** `L` is 0, `L-3` is 3. */
  readonly beforeLast: readonly number[]
  /** `15W` is 15, `LW` is 0. */
  readonly nearWeekday: readonly number[]
}

export interface WeekRules {
  readonly star: boolean
  /** Bit 0 is Sunday. */
  readonly days: number
  /** `MON#2` is [1, 2]; `5L` is [5, 0]. */
  readonly nth: readonly (readonly [weekday: number, nth: number])[]
}

function monthRules(text: string): MonthRules {
  if (text === '?') return { star: true, days: -1 >>> 1, beforeLast: [], nearWeekday: [] }
  const field = cronFields.dayOfMonth
  const days: number[] = []
  const beforeLast: number[] = []
  const nearWeekday: number[] = []
  for (const item of text.split(',')) {
    if (item === 'L') beforeLast.push(0)
    else if (item === 'LW' || item === 'WL') nearWeekday.push(lastDay)
    else if (item.startsWith('L-')) beforeLast.push(daysBeforeLast(item))
    else if (/^\d+W$/.test(item)) nearWeekday.push(cronValue(item.slice(0, -1), field))
    else if (/[LW#?]/.test(item)) throw special(item, 'day of month', 'L, L-3, LW or 15W')
    else days.push(...cronRange(item, field).map(day => day - 1))
  }
  return { star: text.startsWith('*'), days: bitsOf(days), beforeLast, nearWeekday }
}

function weekRules(text: string): WeekRules {
  if (text === '?') return { star: true, days: 0b1111111, nth: [] }
  const field = cronFields.dayOfWeek
  const days: number[] = []
  const nth: [number, number][] = []
  for (const item of text.split(',')) {
    const [day = '', which] = item.split('#')
    if (which !== undefined) nth.push([cronValue(day, field) % 7, occurrence(which, item)])
    else if (/.L$/.test(item)) nth.push([cronValue(item.slice(0, -1), field) % 7, lastOne])
    else if (item === '') throw unreadable(item, field)
    else if (/^L|W$|\?/.test(item)) throw special(item, 'day of week', '5L, FRIL or MON#2')
    else days.push(...cronRange(item, field).map(weekday => weekday % 7))
  }
  return { star: text.startsWith('*'), days: bitsOf(days), nth }
}

function daysBeforeLast(item: string): number {
  const back = /^L-\d{1,2}$/.test(item) ? Number(item.slice(2)) : Number.NaN
  if (back >= 1 && back <= 30) return back
  throw new CronFault(`has day of month ${quoted(item)}; use L-1 to L-30`)
}

function occurrence(text: string, item: string): number {
  if (/^[1-5]$/.test(text)) return Number(text)
  throw new CronFault(`has day of week ${quoted(item)}; use #1 to #5`)
}

const special = (item: string, field: string, forms: string): CronFault =>
  new CronFault(`has ${field} ${quoted(item)}; its special forms are ${forms}`)

function lastSuch(firstSuch: number, length: number): number {
  return firstSuch + 7 * Math.floor((length - firstSuch) / 7)
}

/**
 * The weekday (Monday to Friday) nearest to a day, without leaving the month.
 * @returns 0 when the month has no such day
 */
function nearestWeekday(day: number, first: number, length: number): number {
  if (day > length) return 0
  const weekday = (first + day - 1) % 7
  if (weekday === 6) return day > 1 ? day - 1 : day + 2
  if (weekday === 0) return day < length ? day + 1 : day - 2
  return day
}
