import type { Clock, Timer } from '../../src/core/clock.ts'

interface Due {
  readonly at: number
  readonly fire: () => void
}

/** A clock that stands still until the test moves it on; what becomes due is called in its order. */
export class StubClock implements Clock {
  #now: number
  #elapsed = 0
  readonly #due = new Set<Due>()

  /** @param start ISO 8601 */
  constructor(start = '2026-11-21T10:00:00Z') {
    this.#now = Date.parse(start)
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#elapsed
  }

  after(delayMs: number, fire: () => void): Timer {
    const due = { at: this.#elapsed + delayMs, fire }
    this.#due.add(due)
    return { cancel: () => void this.#due.delete(due) }
  }

  /** Timers that are neither fired nor cancelled. */
  get timers(): number {
    return this.#due.size
  }

  /** Moves both clocks on by `ms`, and fires what becomes due on the way. */
  advance(ms: number): void {
    const end = this.#elapsed + ms
    const next = () => [...this.#due].filter(due => due.at <= end).sort((a, b) => a.at - b.at)[0]
    for (let due = next(); due; due = next()) {
      this.#due.delete(due)
      this.#move(due.at)
      due.fire()
    }
    this.#move(end)
  }

  /** The machine's clock is set; nothing becomes due by that. */
  set(iso: string): void {
    this.#now = Date.parse(iso)
  }

  #move(elapsed: number): void {
    this.#now += elapsed - this.#elapsed
    this.#elapsed = elapsed
  }
}
