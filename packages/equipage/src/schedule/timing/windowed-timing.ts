import type { Zone } from './calendar/index.ts'
import type { Timing } from './timing.ts'
import type { Window } from './window.ts'
import { WrappedTiming } from './wrapped-timing.ts'

/** The ticks of a timing that lie inside every window, told by their wall time. */
export class WindowedTiming extends WrappedTiming {
  readonly #windows: readonly Window[]
  readonly #zone: Zone

  constructor(inner: Timing, windows: readonly Window[], zone: Zone) {
    super(inner)
    this.#windows = windows
    this.#zone = zone
  }

  override next(after: number, anchor: number): number | null {
    let from = after
    for (let looked = 0; looked < mostLooks; looked++) {
      const tick = this.inner.next(from, anchor)
      if (tick === null) return null
      const local = this.#zone.localAt(tick)
      const closed = this.#windows.find(window => !window.holds(local))
      if (!closed) return tick
      // The wall's time runs with the instants only until the clocks are changed.
      const opens = tick + closed.opens(local) - local
      from = Math.min(opens, this.#zone.changeAfter(tick)) - 1
    }
    return null
  }

  override get words(): string {
    return [this.inner.words, ...this.#windows.map(window => window.words)].join(' ')
  }

  override get definition(): string {
    const windows = this.#windows.map(window => `, ${window.definition}`).join('')
    return `${this.inner.definition}${windows} in ${this.#zone.name}`
  }

  protected override around(inner: Timing): Timing {
    return new WindowedTiming(inner, this.#windows, this.#zone)
  }
}

/** Each look goes on by a window at least: twenty years of one that opens once a day. */
const mostLooks = 7_400
