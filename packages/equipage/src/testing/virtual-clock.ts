import { setImmediate } from 'node:timers/promises'
import type { Clock, Timer } from '../core/clock.ts'

interface Pending {
  readonly at: number
  readonly fire: () => void
}

/** How many turns of the event loop the work behind a timer gets before the clock goes on. */
const settlingTurns = 20

/**
 * A clock that a test moves by hand. Timers fire in their order, each at its own moment, and what
 * they started is given time to settle before the next: a scheduler goes through days in
 * milliseconds.
 */
export class VirtualClock implements Clock {
  #now: number
  #monotonic = 0
  readonly #pending = new Set<Pending>()

  /** @param start epoch milliseconds, or a date as text: `2026-01-01T00:00Z` */
  constructor(start: number | string | Date) {
    this.#now = new Date(start).getTime()
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  after(delayMs: number, fire: () => void): Timer {
    const pending: Pending = { at: this.#monotonic + Math.max(0, delayMs), fire }
    this.#pending.add(pending)
    return { cancel: () => void this.#pending.delete(pending) }
  }

  /** Lets time go by: both clocks move, and every timer that becomes due fires. */
  async advance(ms: number): Promise<void> {
    const until = this.#monotonic + ms
    await settle()
    for (let next = this.#next(until); next; next = this.#next(until)) {
      this.#pending.delete(next)
      this.#moveTo(next.at)
      next.fire()
      await settle()
    }
    this.#moveTo(until)
    await settle()
  }

  /** The machine was asleep: the wall clock moves on, and no timer notices. */
  sleep(ms: number): void {
    this.#now += ms
  }

  #next(until: number): Pending | undefined {
    let first: Pending | undefined
    for (const pending of this.#pending) {
      if (pending.at <= until && (!first || pending.at < first.at)) first = pending
    }
    return first
  }

  #moveTo(monotonic: number): void {
    this.#now += monotonic - this.#monotonic
    this.#monotonic = monotonic
  }
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < settlingTurns; turn++) await setImmediate()
}
