import {
  atWords,
  type ClockTimes,
  dayMs,
  dayOf,
  lastLocal,
  shortestGapOf,
  timeAfter,
} from './calendar/index.ts'
import { EvenSteps, type Steps } from './steps.ts'
import type { WallPattern } from './wall-timing.ts'

const named = { day: 1, week: 7 } as const

/**
 * Every so many days or weeks, at given times or at the anchor's time of day. Every
 * single day is bound to no anchor; anything else counts from the anchor's date. With
 * times, a single week begins on the anchor's own day and more than one a step later.
 */
export class DayPattern implements WallPattern {
  readonly #steps: Steps
  readonly #unit: 'day' | 'week'
  readonly #times: ClockTimes | undefined
  readonly #firstStep: 0 | 1

  /**
   * @param steps in the unit
   * @param firstStep 1, or 0 when the anchor's own day counts and the anchor may be a tick
   */
  constructor(
    steps: Steps,
    unit: 'day' | 'week',
    times: ClockTimes | undefined,
    firstStep: 0 | 1 = 1,
  ) {
    this.#steps = steps
    this.#unit = unit
    this.#times = times
    this.#firstStep = firstStep
  }

  next(local: number, anchor: number): number | null {
    const found = this.#times
      ? this.#atTimes(this.#times, local, anchor)
      : this.#kept(local, anchor)
    return found <= lastLocal ? found : null
  }

  #kept(local: number, anchor: number): number {
    const unitMs = named[this.#unit] * dayMs
    const elapsed = local - anchor
    let k = Math.max(this.#firstStep, this.#steps.before(elapsed / unitMs))
    while (this.#steps.at(k) * unitMs <= elapsed) k++
    return anchor + this.#steps.at(k) * unitMs
  }

  #atTimes(times: ClockTimes, local: number, anchor: number): number {
    const first = times[0] ?? 0
    if (this.#everyDay) {
      const day = dayOf(local)
      const time = timeAfter(times, local - day * dayMs)
      return time === undefined ? (day + 1) * dayMs + first : day * dayMs + time
    }
    const unit = named[this.#unit]
    const anchorDay = dayOf(anchor)
    const from = Math.max(local, anchor - 1 + this.#firstStep)
    let k = this.#steps.before((dayOf(from) - anchorDay) / unit)
    // "Every 2 days" begins after two days, also when today's time is still to come.
    if (k === 0 && !this.#single) k = this.#firstStep
    for (; ; k++) {
      const midnight = (anchorDay + this.#steps.at(k) * unit) * dayMs
      const time = timeAfter(times, from - midnight)
      if (time !== undefined) return midnight + time
    }
  }

  get #single(): boolean {
    return this.#steps instanceof EvenSteps && this.#steps.every === 1
  }

  get #everyDay(): boolean {
    return this.#single && this.#unit === 'day'
  }

  get words(): string {
    const every = this.#single ? this.#unit : `${this.#steps.words} ${this.#unit}s`
    return `every ${every}${atWords(this.#times)}`
  }

  get definition(): string {
    return `every ${this.#steps.definition} ${this.#unit}${this.#times ? ` at ${this.#times}` : ''}`
  }

  get anchored(): boolean {
    return !this.#times || !this.#everyDay
  }

  get shortestGapMs(): number {
    return shortestGapOf(this.#times, this.#steps.shortest * named[this.#unit] * dayMs)
  }

  get reseed(): ((seed: string) => WallPattern) | undefined {
    const { reseed } = this.#steps
    if (!reseed) return undefined
    return seed =>
      new DayPattern(reseed.call(this.#steps, seed), this.#unit, this.#times, this.#firstStep)
  }
}
