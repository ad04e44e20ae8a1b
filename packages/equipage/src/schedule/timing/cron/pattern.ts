import {
  dayMs,
  dayOf,
  firstDayOf,
  lastLocal,
  lengthOf,
  type MonthIndex,
  monthIndexOf,
} from '../calendar/index.ts'
import type { WallPattern } from '../wall-timing.ts'
import {
  bitsOf,
  nextBit,
  nextOfSixty,
  placesOf,
  placesOfSixty,
  type SixtyBits,
  sixtyBits,
} from './bits.ts'
import { CronDays } from './days.ts'
import { CronFault, type CronField, cronFields, cronRange, unreadable } from './field.ts'
import { cronWords } from './words.ts'

/** The wall times of one cron expression of six fields, as bit sets. */
export class CronPattern implements WallPattern {
  /** The six fields in capitals, one space between them. */
  readonly text: string
  readonly #seconds: SixtyBits
  readonly #minutes: SixtyBits
  readonly #hours: number
  readonly #months: number
  readonly #days: CronDays
  readonly #everyDay: boolean
  /** The month that answered last, because the next question is mostly about the same one. */
  #monthStart = 0
  #monthEnd = 0
  #monthDays = 0

  /** @throws CronFault */
  constructor(given: readonly string[]) {
    const fields = given.map(field => (field === '*/1' ? '*' : field))
    const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] =
      fields
    this.text = fields.join(' ')
    this.#seconds = sixtyBits(valuesOf(second, cronFields.second))
    this.#minutes = sixtyBits(valuesOf(minute, cronFields.minute))
    this.#hours = bitsOf(valuesOf(hour, cronFields.hour))
    this.#days = new CronDays(dayOfMonth, dayOfWeek)
    this.#months = bitsOf(valuesOf(month, cronFields.month).map(value => value - 1))
    const anyDay = /^[*?]$/
    this.#everyDay = anyDay.test(dayOfMonth) && anyDay.test(dayOfWeek) && month === '*'
    this.#refuseNever()
  }

  next(local: number): number | null {
    const second = Math.floor(local / 1_000) + 1
    let day = Math.floor(second / 86_400)
    if (this.#everyDay || this.#matches(day)) {
      const time = this.#timeFrom(second - day * 86_400)
      if (time >= 0) return within((day * 86_400 + time) * 1_000)
    }
    day = this.#everyDay ? day + 1 : this.#dayAfter(day)
    return within(day * dayMs + this.#timeFrom(0) * 1_000)
  }

  /** Whether hours or minutes begin with a star: then it follows elapsed time (Vixie cron's rule). */
  get wildcard(): boolean {
    const [, minute = '', hour = ''] = this.text.split(' ')
    return minute.startsWith('*') || hour.startsWith('*')
  }

  get words(): string {
    const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] =
      this.text.split(' ')
    return cronWords({
      second,
      minute,
      hour,
      dayOfMonth,
      month,
      dayOfWeek,
      seconds: placesOfSixty(this.#seconds),
      minutes: placesOfSixty(this.#minutes),
      hours: placesOf(this.#hours),
      months: placesOf(this.#months).map(place => place + 1),
      days: this.#days.rules,
    })
  }

  get definition(): string {
    return `cron ${this.text}`
  }

  get anchored(): boolean {
    return false
  }

  get shortestGapMs(): number {
    return (
      shortestGap(placesOfSixty(this.#seconds), 60, 1_000) ??
      shortestGap(placesOfSixty(this.#minutes), 60, 60_000) ??
      shortestGap(placesOf(this.#hours), 24, 3_600_000) ??
      dayMs
    )
  }

  /** Seconds from midnight of the first time at or after one, -1 when the day has none left. */
  #timeFrom(second: number): number {
    const hour = Math.floor(second / 3_600)
    if (this.#hours & (1 << hour)) {
      const minute = Math.floor(second / 60) - hour * 60
      if (nextOfSixty(this.#minutes, minute) === minute) {
        const found = nextOfSixty(this.#seconds, second % 60)
        if (found >= 0) return hour * 3_600 + minute * 60 + found
      }
      const found = minute < 59 ? nextOfSixty(this.#minutes, minute + 1) : -1
      if (found >= 0) return hour * 3_600 + found * 60 + nextOfSixty(this.#seconds, 0)
    }
    const found = nextBit(this.#hours, hour + 1)
    if (found < 0) return -1
    return found * 3_600 + nextOfSixty(this.#minutes, 0) * 60 + nextOfSixty(this.#seconds, 0)
  }

  #matches(day: number): boolean {
    if (day < this.#monthStart || day >= this.#monthEnd) this.#turnTo(monthIndexOf(day))
    return (this.#monthDays & (1 << (day - this.#monthStart))) !== 0
  }

  /** The first matching day after one; the expression matches some day, so the search ends. */
  #dayAfter(day: number): number {
    const inMonth = nextBit(this.#monthDays, day - this.#monthStart + 1)
    if (inMonth >= 0) return this.#monthStart + inMonth
    const lastMonth = monthIndexOf(dayOf(lastLocal)) + 1
    for (let month = monthIndexOf(day) + 1; month <= lastMonth; month++) {
      if (!(this.#months & (1 << (month % 12)))) continue
      this.#turnTo(month)
      const found = nextBit(this.#monthDays, 0)
      if (found >= 0) return this.#monthStart + found
    }
    return dayOf(lastLocal) + 1
  }

  #turnTo(month: MonthIndex): void {
    this.#monthStart = firstDayOf(month)
    this.#monthEnd = this.#monthStart + lengthOf(month)
    const named = this.#months & (1 << (((month % 12) + 12) % 12))
    this.#monthDays = named ? this.#days.inMonth(month) : 0
  }

  #refuseNever(): void {
    if (this.#everyDay) return
    // 28 years from 2000 hold every month on every weekday, with and without a leap day.
    for (let month = 2_000 * 12; month < 2_028 * 12; month++) {
      if (this.#months & (1 << (month % 12)) && this.#days.inMonth(month) !== 0) return
    }
    throw new CronFault(
      'can never fire, because no month it names has such a day; change its day of month, month or day of week',
    )
  }
}

function valuesOf(text: string, field: CronField): number[] {
  if (text === '') throw unreadable(text, field)
  return text.split(',').flatMap(item => cronRange(item, field))
}

const within = (local: number): number | null => (local <= lastLocal ? local : null)

/** Undefined when there is one value only, so that the next larger unit decides. */
function shortestGap(values: readonly number[], turn: number, unitMs: number): number | undefined {
  if (values.length < 2) return undefined
  let gap = (values[0] ?? 0) + turn - (values.at(-1) ?? 0)
  for (let i = 1; i < values.length; i++)
    gap = Math.min(gap, (values[i] ?? 0) - (values[i - 1] ?? 0))
  return gap * unitMs
}
