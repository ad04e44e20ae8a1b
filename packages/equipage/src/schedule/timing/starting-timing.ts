import { instantWords } from './calendar/index.ts'
import type { Timing } from './timing.ts'
import { WrappedTiming } from './wrapped-timing.ts'

/**
 * A timing that begins at an instant: nothing before it, and what counts from an anchor
 * counts from there, the instant itself being its first tick where it matches.
 */
export class StartingTiming extends WrappedTiming {
  readonly #startMs: number

  constructor(inner: Timing, startMs: number) {
    super(inner)
    this.#startMs = startMs
  }

  override next(after: number): number | null {
    return this.inner.next(Math.max(after, this.#startMs - 1), this.#startMs)
  }

  override get words(): string {
    return `${this.inner.words} from ${instantWords(this.#startMs, this.zone)}`
  }

  override get definition(): string {
    return `${this.inner.definition}, from ${this.#startMs}`
  }

  protected override around(inner: Timing): Timing {
    return new StartingTiming(inner, this.#startMs)
  }
}
