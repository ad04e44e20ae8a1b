import {
  atWords,
  type ClockTimes,
  dayMs,
  dayOf,
  lastLocal,
  listed,
  monthIndexOf,
  monthName,
  ranged,
  shortestGapOf,
  timeAfter,
} from './calendar/index.ts'
import { dayInMonth } from './month-pattern.ts'
import type { WallPattern } from './wall-timing.ts'

/** Given days of given months, at given times; in a month that is too short, its last day. */
export class MonthDaysPattern implements WallPattern {
  readonly #days: readonly number[]
  /** 1 to 12; empty means all. */
  readonly #months: readonly number[]
  readonly #times: ClockTimes

  /** @param days ascending, 1 to 31; 31 is the last day of every month */
  constructor(days: readonly number[], months: readonly number[], times: ClockTimes) {
    this.#days = days
    this.#months = months
    this.#times = times
  }

  next(local: number): number | null {
    if (local > lastLocal) return null
    for (let month = monthIndexOf(dayOf(local)); ; month++) {
      if (this.#months.length > 0 && !this.#months.includes((month % 12) + 1)) continue
      for (const dayOfMonth of this.#days) {
        const midnight = dayInMonth(month, dayOfMonth) * dayMs
        const time = timeAfter(this.#times, local - midnight)
        if (time !== undefined) return midnight + time <= lastLocal ? midnight + time : null
      }
    }
  }

  get words(): string {
    const last = this.#days.at(-1) ?? 0
    const days =
      last === 31 && this.#days.length === 1
        ? 'the last day'
        : `day${this.#days.length > 1 ? 's' : ''} ${ranged(this.#days, String)}`
    // Stated, because cron leaves such months out.
    const short = last > 28 && days !== 'the last day' ? ' (or the last)' : ''
    const months = this.#months.length
      ? listed(this.#months.map(month => monthName(month)))
      : 'every month'
    return `on ${days}${short} of ${months}${atWords(this.#times)}`
  }

  get definition(): string {
    return `on days ${this.#days} of months ${this.#months} at ${this.#times}`
  }

  get anchored(): boolean {
    return false
  }

  get shortestGapMs(): number {
    let gap = 28
    for (let i = 1; i < this.#days.length; i++)
      gap = Math.min(gap, Math.max(1, (this.#days[i] ?? 0) - (this.#days[i - 1] ?? 0)))
    const turn = 28 + (this.#days[0] ?? 0) - (this.#days.at(-1) ?? 0)
    return shortestGapOf(this.#times, Math.max(1, Math.min(gap, turn)) * dayMs)
  }
}
