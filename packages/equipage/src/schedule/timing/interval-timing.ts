import { dayMs, hourMs, minuteMs, secondMs } from './calendar/index.ts'
import type { Steps } from './steps.ts'
import type { Timing } from './timing.ts'

/** The units that follow elapsed time, with their length. */
export const elapsedUnits = {
  millisecond: 1,
  second: secondMs,
  minute: minuteMs,
  hour: hourMs,
} as const

export type ElapsedUnit = keyof typeof elapsedUnits

/** Every so many milliseconds since the anchor, whatever the clock on the wall does. */
export class IntervalTiming implements Timing {
  readonly zone: string
  readonly #steps: Steps
  readonly #words: string
  readonly #firstStep: number

  /**
   * @param steps in milliseconds
   * @param firstStep 1, or 0 when the anchor itself is the first tick
   */
  constructor(steps: Steps, words: string, zone: string, firstStep = 1) {
    this.#steps = steps
    this.#words = words
    this.zone = zone
    this.#firstStep = firstStep
  }

  next(after: number, anchor: number): number | null {
    const elapsed = after - anchor
    let k = Math.max(this.#firstStep, this.#steps.before(elapsed))
    let step = this.#steps.at(k)
    while (step <= elapsed) step = this.#steps.at(++k)
    const tick = anchor + step
    return tick <= lastInstant ? tick : null
  }

  get words(): string {
    return this.#words
  }

  get definition(): string {
    return `every ${this.#steps.definition} ms`
  }

  get calendar(): boolean {
    return false
  }

  get shortestGapMs(): number {
    return this.#steps.shortest
  }

  get reseed(): ((seed: string) => Timing) | undefined {
    const { reseed } = this.#steps
    if (!reseed) return undefined
    return seed =>
      new IntervalTiming(reseed.call(this.#steps, seed), this.#words, this.zone, this.#firstStep)
  }
}

/** The last instant that every part of JavaScript and Temporal can name, less a day for any zone. */
export const lastInstant = 8_640_000_000_000_000 - dayMs
