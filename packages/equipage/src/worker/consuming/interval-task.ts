import { type Clock, settlesWithin, type Timer, toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'

export interface IntervalTaskDependencies {
  everyMs: number
  /** One round; what it throws is logged, and the next one tries again. */
  go(): Promise<void>
  log: Logger
  clock: Clock
}

/** How long a round that goes on may hold up the end of the process. */
const stopPatienceMs = 3_000

/** Does something at once, and again and again: each time so long after the end of the time before. */
export class IntervalTask {
  readonly #dependencies: IntervalTaskDependencies
  #timer: Timer | undefined
  #round: Promise<void> | undefined
  #stopped = false

  constructor(dependencies: IntervalTaskDependencies) {
    this.#dependencies = dependencies
  }

  start(): void {
    if (this.#stopped || this.#round !== undefined) return
    this.#begin()
  }

  #begin(): void {
    this.#round = this.#go()
  }

  async #go(): Promise<void> {
    const { everyMs, go, log, clock } = this.#dependencies
    try {
      await go()
    } catch (thrown) {
      log.debug({ err: toError(thrown) }, 'a round failed; the next one tries again')
    }
    if (!this.#stopped) this.#timer = clock.after(everyMs, () => this.#begin())
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    if (this.#round === undefined) return
    await settlesWithin(this.#round, stopPatienceMs, this.#dependencies.clock)
  }
}
