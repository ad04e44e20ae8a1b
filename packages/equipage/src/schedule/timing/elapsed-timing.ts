import { dayMs, firstInstant, lastLocal, type Zone } from './calendar/index.ts'
import type { Timing } from './timing.ts'
import type { WallPattern } from './wall-timing.ts'

/**
 * A wildcard pattern in a zone, bound to no anchor: every instant whose wall time matches is a tick. It
 * goes on through both passes of an overlap and has no tick inside a gap, so that
 * "every 5 minutes" stays every 5 minutes.
 */
export class ElapsedTiming implements Timing {
  readonly #pattern: WallPattern
  readonly #zone: Zone
  readonly #words: string | undefined

  /** @param words the pattern's when left out */
  constructor(pattern: WallPattern, zone: Zone, words?: string) {
    this.#pattern = pattern
    this.#zone = zone
    this.#words = words
  }

  next(after: number): number | null {
    if (after > lastLocal) return null
    let start = Math.max(after, firstInstant) + 1
    for (;;) {
      const offset = this.#zone.offsetAt(start)
      const local = this.#pattern.next(start - 1 + offset, 0)
      if (local === null) return null
      const change = this.#zone.changeAfter(start)
      if (local - offset < change) return local - offset
      // Only a wall time just before the change can be shown again after it; otherwise
      // nothing matches before the one that was found, and the changes until then are passed over.
      start = change - start > 2 * dayMs ? Math.max(change, local - 2 * dayMs) : change
    }
  }

  get words(): string {
    return this.#words ?? this.#pattern.words
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
}
