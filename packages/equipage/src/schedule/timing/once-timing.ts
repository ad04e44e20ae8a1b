import { instantWords } from './calendar/index.ts'
import type { Timing } from './timing.ts'

/** One instant. */
export class OnceTiming implements Timing {
  readonly zone: string
  readonly #at: number

  constructor(at: number, zone: string) {
    this.#at = at
    this.zone = zone
  }

  next(after: number): number | null {
    return after < this.#at ? this.#at : null
  }

  get words(): string {
    return `once at ${instantWords(this.#at, this.zone)}`
  }

  get definition(): string {
    return `once at ${this.#at}`
  }

  get calendar(): boolean {
    return true
  }

  get shortestGapMs(): number {
    return Number.POSITIVE_INFINITY
  }
}
