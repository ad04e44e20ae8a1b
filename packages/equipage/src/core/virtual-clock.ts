import { setImmediate } from 'node:timers/promises'
import type { Clock, Timer } from './clock.ts'
import { type Duration, durationMs } from './durations.ts'
import { EquipageError } from './errors.ts'

interface Pending {
  readonly at: number
  readonly fire: () => void
}

export interface VirtualClockOptions {
  /**
   * The wall clock goes on with the other and is never moved alone, so a scheduler need not look
   * for that once a second: it goes through a year as fast as through the ticks in it.
   */
  steady?: boolean
  /**
   * How many turns of the event loop the work behind a timer gets before the clock goes on, 1 or
   * more; 20 when left out. One is enough where only promises are at work, and what else there is
   * is held.
   */
  turns?: number
}

const usualTurns = 20
/** Reads and writes of files that are under way. */
const fileRequest = /^FSReq/
/** How long files are waited for; real milliseconds. Other tests of the same process may be at work on some too. */
const patienceMs = 100

/**
 * A clock that a test moves by hand. Timers fire in their order, each at its own moment, and what
 * they started is waited for before the next: a scheduler goes through days in milliseconds.
 *
 * Promises, SQLite and short work on files are waited for. What goes on elsewhere (a server,
 * another process) is not: `hold` makes time stand still until it has ended.
 */
export class VirtualClock implements Clock {
  readonly steady: boolean
  readonly #turns: number
  #now: number
  #monotonic = 0
  /** The latest first, so that the next one is at the end. */
  readonly #pending: Pending[] = []
  readonly #held = new Set<Promise<unknown>>()

  /**
   * @param start epoch milliseconds, or a date as text: `2026-01-01T00:00Z`
   * @throws E_BAD_INSTANT
   */
  constructor(start: number | string | Date, options: VirtualClockOptions = {}) {
    this.#now = instantOf(start)
    this.steady = options.steady ?? false
    this.#turns = options.turns ?? usualTurns
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#monotonic
  }

  after(delayMs: number, fire: () => void): Timer {
    const pending: Pending = { at: this.#monotonic + Math.max(0, delayMs), fire }
    this.#pending.splice(this.#placeOf(pending.at), 0, pending)
    return { cancel: () => this.#drop(pending) }
  }

  /** Timers that are neither fired nor cancelled. */
  get timers(): number {
    return this.#pending.length
  }

  /** Lets time go by: both clocks move, and every timer that becomes due fires. */
  async advance(duration: Duration): Promise<void> {
    const until = this.#monotonic + durationMs(duration, 'VirtualClock.advance')
    await this.#settle()
    for (let next = this.#pending.at(-1); next && next.at <= until; next = this.#pending.at(-1)) {
      this.#pending.pop()
      this.#moveTo(Math.max(next.at, this.#monotonic))
      next.fire()
      await this.#settle()
    }
    this.#moveTo(until)
    await this.#settle()
  }

  /** Time does not go by until this has settled, either way. */
  hold<T>(work: Promise<T>): Promise<T> {
    const held: Promise<unknown> = work
      .then(
        () => undefined,
        () => undefined,
      )
      .finally(() => this.#held.delete(held))
    this.#held.add(held)
    return work
  }

  /**
   * The machine was asleep: the wall clock moves on, and no timer notices.
   * @throws E_BAD_OPTION on a steady clock; so do `step` and `set`
   */
  sleep(ms: number): void {
    this.step(ms)
  }

  /** Somebody puts the wall clock on by `ms`, or back where it is negative. */
  step(ms: number): void {
    this.set(this.#now + ms)
  }

  /** Somebody sets the wall clock. */
  set(instant: number | string | Date): void {
    if (this.steady) {
      const expected = 'false where the wall clock is moved alone'
      const fields = { where: 'VirtualClock', option: 'steady', given: true, expected }
      throw new EquipageError('E_BAD_OPTION', fields)
    }
    this.#now = instantOf(instant)
  }

  /** The process is held still, as by SIGSTOP: time goes by, and no timer fires before it is over. */
  standStill(ms: number): void {
    this.#moveTo(this.#monotonic + ms)
  }

  /** Where a timer stands: before all that fire sooner, behind those of the same moment that came earlier. */
  #placeOf(at: number): number {
    let low = 0
    let high = this.#pending.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#pending[middle]?.at ?? 0) <= at) high = middle
      else low = middle + 1
    }
    return low
  }

  #drop(pending: Pending): void {
    let index = this.#placeOf(pending.at)
    while (this.#pending[index]?.at === pending.at) {
      if (this.#pending[index] === pending) {
        this.#pending.splice(index, 1)
        return
      }
      index++
    }
  }

  #moveTo(monotonic: number): void {
    this.#now += monotonic - this.#monotonic
    this.#monotonic = monotonic
  }

  /** Gives what a timer started its turns, and waits for what is held. */
  async #settle(): Promise<void> {
    const startedMs = performance.now()
    for (let turn = 0; turn < this.#turns; turn++) {
      await setImmediate()
      if (this.#held.size > 0) {
        await Promise.all(this.#held)
        turn = -1
      }
      const files = process.getActiveResourcesInfo().some(name => fileRequest.test(name))
      if (files && performance.now() - startedMs < patienceMs) turn = -1
    }
  }
}

function instantOf(given: number | string | Date): number {
  const instant = new Date(given).getTime()
  if (!Number.isNaN(instant)) return instant
  throw new EquipageError('E_BAD_INSTANT', { where: 'VirtualClock', given })
}
