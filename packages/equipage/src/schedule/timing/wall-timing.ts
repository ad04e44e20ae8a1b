import { firstInstant, lastLocal, type Zone } from './calendar/index.ts'
import type { Timing } from './timing.ts'

/** Wall times on which something is due, in no zone: local times in, local times out. */
export interface WallPattern {
  /**
   * The first wall time strictly after another.
   * @param local milliseconds from 1970-01-01 on the wall
   * @param anchor the wall's time at the anchor
   * @returns null when there is none before the year 10000
   */
  next(local: number, anchor: number): number | null
  readonly words: string
  readonly definition: string
  readonly shortestGapMs: number
  /** Whether the anchor has a say; otherwise it is not looked at. */
  readonly anchored: boolean
  readonly reseed?: ((seed: string) => WallPattern) | undefined
}

/**
 * Fixed wall times in a zone. Each fires once: in a gap of the clocks at the first
 * instant after it, in an overlap at the first of the two; wall times that fall
 * together in a gap are one tick.
 */
export class WallTiming implements Timing {
  readonly #pattern: WallPattern
  readonly #zone: Zone

  constructor(pattern: WallPattern, zone: Zone) {
    this.#pattern = pattern
    this.#zone = zone
  }

  next(after: number, anchor: number): number | null {
    if (after > lastLocal) return null
    // The anchor first: the zone then remembers the place around `after`, where it is asked next.
    const anchorLocal = this.#pattern.anchored ? this.#zone.localAt(anchor) : 0
    const from = this.#zone.reachedAt(Math.max(after, firstInstant))
    const local = this.#pattern.next(from, anchorLocal)
    return local === null ? null : this.#zone.instantOf(local)
  }

  get words(): string {
    return this.#pattern.words
  }

  get zone(): string {
    return this.#zone.name
  }

  get definition(): string {
    return `${this.#pattern.definition} in ${this.#zone.name}`
  }

  get calendar(): boolean {
    return true
  }

  get shortestGapMs(): number {
    return this.#pattern.shortestGapMs
  }

  get reseed(): ((seed: string) => Timing) | undefined {
    const { reseed } = this.#pattern
    if (!reseed) return undefined
    return seed => new WallTiming(reseed.call(this.#pattern, seed), this.#zone)
  }
}
