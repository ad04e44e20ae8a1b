import type { Timing } from './timing.ts'
import { instantWords } from './words.ts'

/**
 * A timing that begins at an instant: nothing before it, and what counts from an anchor
 * counts from there, the instant itself being its first tick where it matches.
 */
export class StartingTiming implements Timing {
  readonly #inner: Timing
  readonly #startMs: number

  constructor(inner: Timing, startMs: number) {
    this.#inner = inner
    this.#startMs = startMs
  }

  next(after: number): number | null {
    return this.#inner.next(Math.max(after, this.#startMs - 1), this.#startMs)
  }

  get words(): string {
    return `${this.#inner.words} from ${instantWords(this.#startMs, this.zone)}`
  }

  get zone(): string {
    return this.#inner.zone
  }

  get definition(): string {
    return `${this.#inner.definition}, from ${this.#startMs}`
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
    return seed => new StartingTiming(reseed.call(this.#inner, seed), this.#startMs)
  }
}
