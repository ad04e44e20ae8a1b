import { humanDuration } from '../../core/index.ts'
import { hashOf, hashUnit } from './hash.ts'
import type { Timing } from './timing.ts'

/**
 * Ticks put off by up to so many milliseconds, each by its own draw from seed and tick:
 * the same in every process, and never past the tick that follows.
 */
export class JitterTiming implements Timing {
  readonly #inner: Timing
  readonly #mostMs: number
  readonly #seed: string
  readonly #hash: number

  /** @param mostMs less than the inner timing's shortest gap */
  constructor(inner: Timing, mostMs: number, seed: string) {
    this.#inner = inner
    this.#mostMs = mostMs
    this.#seed = seed
    this.#hash = hashOf(seed)
  }

  next(after: number, anchor: number): number | null {
    let planned = this.#inner.next(after - this.#mostMs - 1, anchor)
    while (planned !== null) {
      const following = this.#inner.next(planned, anchor)
      const late = Math.floor(hashUnit(this.#hash, planned) * (this.#mostMs + 1))
      // A change of clocks can bring two fixed wall times closer than the jitter.
      const room = following === null ? late : following - planned - 1
      const tick = planned + Math.min(late, room)
      if (tick > after) return tick
      planned = following
    }
    return null
  }

  get words(): string {
    return `${this.#inner.words}, up to ${humanDuration(this.#mostMs)} later`
  }

  get zone(): string {
    return this.#inner.zone
  }

  get definition(): string {
    return `${this.#inner.definition}, jitter ${this.#mostMs} by ${JSON.stringify(this.#seed)}`
  }

  get calendar(): boolean {
    return this.#inner.calendar
  }

  get shortestGapMs(): number {
    return Math.max(1, this.#inner.shortestGapMs - this.#mostMs)
  }

  reseed(seed: string): Timing {
    const inner = this.#inner.reseed?.(seed) ?? this.#inner
    return new JitterTiming(inner, this.#mostMs, seed)
  }
}
