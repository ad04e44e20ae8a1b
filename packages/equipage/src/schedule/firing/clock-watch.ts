import type { Clock } from '../../core/index.ts'

/** Wall clock and monotonic clock may drift apart by this much unnoticed: a clock that is being slewed. */
const slackMs = 500
/** A process that comes to its turn later than this was held still, or held itself up. */
const stillFromMs = 1_000

/** A machine that slept, a clock that was set, a process that was held still. */
export interface Interruption {
  /** How far the wall clock moved beyond the time that went by; negative when it was set back. */
  readonly jumpMs: number
  /** How long after its time the process came to its turn, by the monotonic clock. */
  readonly stillMs: number
}

/** Compares the two clocks at each turn of a loop. */
export class ClockWatch {
  readonly #clock: Clock
  #wallMs: number
  #monotonicMs: number
  #expectedMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
    this.#wallMs = clock.now()
    this.#monotonicMs = clock.monotonic()
  }

  /** The next look is planned for `inMs` from now. */
  expect(inMs: number): void {
    this.#expectedMs = this.#clock.monotonic() + inMs
  }

  /** What happened since the last look; null when nothing did. */
  look(): Interruption | null {
    const wallMs = this.#clock.now()
    const monotonicMs = this.#clock.monotonic()
    const jumpMs = Math.round(wallMs - this.#wallMs - (monotonicMs - this.#monotonicMs))
    const stillMs = Math.max(0, Math.round(monotonicMs - this.#expectedMs))
    this.#wallMs = wallMs
    this.#monotonicMs = monotonicMs
    return Math.abs(jumpMs) > slackMs || stillMs > stillFromMs ? { jumpMs, stillMs } : null
  }
}
