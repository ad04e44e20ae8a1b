import type { Timing } from './timing.ts'
import { WrappedTiming } from './wrapped-timing.ts'

/** The first so many ticks after the anchor, and no more. */
export class LimitTiming extends WrappedTiming {
  readonly #count: number
  /** The last tick that counts, for the anchor that asked last. */
  #lastFor: number | undefined
  #last: number | null = null

  /** @param count 1 to 1,000,000: the last tick is found by counting */
  constructor(inner: Timing, count: number) {
    super(inner)
    this.#count = count
  }

  override next(after: number, anchor: number): number | null {
    const tick = this.inner.next(Math.max(after, anchor), anchor)
    if (tick === null) return null
    const last = this.#lastTick(anchor)
    return last === null || tick <= last ? tick : null
  }

  /** Null when the timing ends by itself before. */
  #lastTick(anchor: number): number | null {
    if (this.#lastFor === anchor) return this.#last
    let tick: number | null = anchor
    for (let n = 0; n < this.#count && tick !== null; n++) tick = this.inner.next(tick, anchor)
    this.#lastFor = anchor
    this.#last = tick
    return tick
  }

  override get words(): string {
    return `${this.inner.words}, ${this.#count === 1 ? 'once' : `${this.#count} times`}`
  }

  override get definition(): string {
    return `${this.inner.definition}, limit ${this.#count}`
  }

  protected override around(inner: Timing): Timing {
    return new LimitTiming(inner, this.#count)
  }
}
