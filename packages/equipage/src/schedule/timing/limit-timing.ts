import type { Timing } from './timing.ts'

/** The first so many ticks after the anchor, and no more. */
export class LimitTiming implements Timing {
  readonly #inner: Timing
  readonly #count: number
  /** The last tick that counts, for the anchor that asked last. */
  #lastFor: number | undefined
  #last: number | null = null

  /** @param count 1 to 1,000,000: the last tick is found by counting */
  constructor(inner: Timing, count: number) {
    this.#inner = inner
    this.#count = count
  }

  next(after: number, anchor: number): number | null {
    const tick = this.#inner.next(Math.max(after, anchor), anchor)
    if (tick === null) return null
    const last = this.#lastTick(anchor)
    return last === null || tick <= last ? tick : null
  }

  /** Null when the timing ends by itself before. */
  #lastTick(anchor: number): number | null {
    if (this.#lastFor === anchor) return this.#last
    let tick: number | null = anchor
    for (let n = 0; n < this.#count && tick !== null; n++) tick = this.#inner.next(tick, anchor)
    this.#lastFor = anchor
    this.#last = tick
    return tick
  }

  get words(): string {
    return `${this.#inner.words}, ${this.#count === 1 ? 'once' : `${this.#count} times`}`
  }

  get zone(): string {
    return this.#inner.zone
  }

  get definition(): string {
    return `${this.#inner.definition}, limit ${this.#count}`
  }

  get calendar(): boolean {
    return this.#inner.calendar
  }

  get shortestGapMs(): number {
    return this.#inner.shortestGapMs
  }

  get reseed(): ((seed: string) => Timing) | undefined {
    const { reseed } = this.#inner
    if (!reseed) return undefined
    return seed => new LimitTiming(reseed.call(this.#inner, seed), this.#count)
  }
}
