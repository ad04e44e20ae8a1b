import {
  atWords,
  type ClockTimes,
  dayMs,
  dayOf,
  firstDayOf,
  lastLocal,
  lengthOf,
  type MonthIndex,
  monthIndexOf,
  shortestGapOf,
  timeAfter,
} from './calendar/index.ts'
import type { WallPattern } from './wall-timing.ts'

/**
 * Every so many months, or years as twelve of them, counted from the anchor's month,
 * on the anchor's day: in a month that is too short, on its last day. At given times,
 * or at the anchor's time of day. With times, a single month begins in the anchor's
 * own, and more than one a step later.
 */
export class MonthPattern implements WallPattern {
  readonly #every: number
  readonly #unit: 'month' | 'year'
  readonly #times: ClockTimes | undefined
  readonly #firstStep: 0 | 1

  /** @param firstStep 1, or 0 when the anchor's own month counts and the anchor may be a tick */
  constructor(
    every: number,
    unit: 'month' | 'year',
    times: ClockTimes | undefined,
    firstStep: 0 | 1 = 1,
  ) {
    this.#every = every
    this.#unit = unit
    this.#times = times
    this.#firstStep = firstStep
  }

  next(local: number, anchor: number): number | null {
    const step = this.#every * (this.#unit === 'year' ? 12 : 1)
    const anchorDay = dayOf(anchor)
    const anchorMonth = monthIndexOf(anchorDay)
    const dayOfMonth = anchorDay - firstDayOf(anchorMonth) + 1
    const times = this.#times ?? [anchor - anchorDay * dayMs]
    const from = Math.max(local, anchor - 1 + this.#firstStep)
    if (from > lastLocal) return null
    const passed = Math.floor((monthIndexOf(dayOf(from)) - anchorMonth) / step)
    const firstStep = this.#times && this.#every === 1 ? 0 : this.#firstStep
    for (let k = Math.max(firstStep, passed); ; k++) {
      const midnight = dayInMonth(anchorMonth + k * step, dayOfMonth) * dayMs
      const time = timeAfter(times, from - midnight)
      if (time === undefined) continue
      return midnight + time <= lastLocal ? midnight + time : null
    }
  }

  get words(): string {
    const every = this.#every === 1 ? this.#unit : `${this.#every} ${this.#unit}s`
    return `every ${every}${atWords(this.#times)}`
  }

  get definition(): string {
    return `every ${this.#every} ${this.#unit}${this.#times ? ` at ${this.#times}` : ''}`
  }

  get anchored(): boolean {
    return true
  }

  get shortestGapMs(): number {
    return shortestGapOf(this.#times, this.#every * (this.#unit === 'year' ? 365 : 28) * dayMs)
  }
}

/** A day of a month, or its last when the month is shorter. */
export const dayInMonth = (month: MonthIndex, dayOfMonth: number): number =>
  firstDayOf(month) + Math.min(dayOfMonth, lengthOf(month)) - 1
