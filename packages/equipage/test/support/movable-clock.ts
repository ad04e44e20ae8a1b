import { type Clock, systemClock } from '../../src/core/clock.ts'

/** The machine's clock, whose time of day a test can put on: timers and all else go on as they do. */
export class MovableClock implements Clock {
  #aheadMs = 0

  now(): number {
    return systemClock.now() + this.#aheadMs
  }

  monotonic(): number {
    return systemClock.monotonic()
  }

  after(delayMs: number, fire: () => void) {
    return systemClock.after(delayMs, fire)
  }

  move(ms: number): void {
    this.#aheadMs += ms
  }
}
