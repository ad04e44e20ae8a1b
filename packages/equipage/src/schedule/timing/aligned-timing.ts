import { lastLocal, type Zone } from './calendar/index.ts'
import { type ElapsedUnit, elapsedUnits } from './interval-timing.ts'
import type { Steps } from './steps.ts'
import type { Timing } from './timing.ts'

/**
 * Every so many hours or minutes, more than one, at a place inside them:
 * `every(2).hours.at(':30')`. Counted in elapsed time from the anchor's hour or minute
 * on the wall; where a change of clocks moves the minutes, the tick waits for its
 * own minute to come round.
 */
export class AlignedTiming implements Timing {
  readonly #steps: Steps
  readonly #unit: ElapsedUnit
  readonly #placeMs: number
  readonly #zone: Zone
  readonly #words: string
  readonly #firstStep: 0 | 1

  /**
   * @param placeMs from the beginning of the hour or minute
   * @param firstStep 1, or 0 when the anchor's own hour or minute counts
   */
  constructor(
    steps: Steps,
    unit: ElapsedUnit,
    placeMs: number,
    zone: Zone,
    words: string,
    firstStep: 0 | 1 = 1,
  ) {
    this.#steps = steps
    this.#unit = unit
    this.#placeMs = placeMs
    this.#zone = zone
    this.#words = words
    this.#firstStep = firstStep
  }

  next(after: number, anchor: number): number | null {
    if (after > lastLocal) return null
    const unitMs = elapsedUnits[this.#unit]
    const offset = this.#zone.offsetAt(anchor)
    const local = anchor + offset
    const base = local - mod(local, unitMs) + this.#placeMs - offset
    const from = Math.max(after, anchor - 1 + this.#firstStep)
    for (let k = Math.max(this.#firstStep, this.#steps.before((from - base) / unitMs) - 1); ; k++) {
      const nominal = base + this.#steps.at(k) * unitMs
      const tick = nominal + mod(offset - this.#zone.offsetAt(nominal), unitMs)
      if (tick > from) return tick
    }
  }

  get words(): string {
    return this.#words
  }

  get zone(): string {
    return this.#zone.name
  }

  get definition(): string {
    return `every ${this.#steps.definition} ${this.#unit} at ${this.#placeMs} in ${this.#zone.name}`
  }

  get calendar(): boolean {
    return true
  }

  get shortestGapMs(): number {
    return this.#steps.shortest * elapsedUnits[this.#unit]
  }

  get reseed(): ((seed: string) => Timing) | undefined {
    const { reseed } = this.#steps
    if (!reseed) return undefined
    return seed =>
      new AlignedTiming(
        reseed.call(this.#steps, seed),
        this.#unit,
        this.#placeMs,
        this.#zone,
        this.#words,
        this.#firstStep,
      )
  }
}

/** The remainder that is never negative. */
const mod = (value: number, by: number): number => ((value % by) + by) % by
