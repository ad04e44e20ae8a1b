import type { Timing } from './timing.ts'

/** A timing that narrows another one: what it does not say itself is the inner one's. */
export abstract class WrappedTiming implements Timing {
  protected readonly inner: Timing

  constructor(inner: Timing) {
    this.inner = inner
  }

  abstract next(after: number, anchor: number): number | null
  abstract readonly words: string
  abstract readonly definition: string
  /** The same around another timing. */
  protected abstract around(inner: Timing): Timing

  get zone(): string {
    return this.inner.zone
  }

  get calendar(): boolean {
    return this.inner.calendar
  }

  get shortestGapMs(): number {
    return this.inner.shortestGapMs
  }

  get reseed(): ((seed: string) => Timing) | undefined {
    const { reseed } = this.inner
    return reseed && (seed => this.around(reseed.call(this.inner, seed)))
  }
}
