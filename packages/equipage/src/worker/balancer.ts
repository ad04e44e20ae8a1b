import { type Clock, settlesWithin, wait } from '../core/clock.ts'
import type { Logger } from '../log/index.ts'
import { type Move, nextMove } from './balance.ts'
import type { Supervisor } from './supervisor.ts'

const lookEveryMs = 5_000

export interface BalancerParts {
  supervisor: Supervisor
  /** How many jobs wait in each queue. */
  waiting(queues: readonly string[]): Promise<{ queue: string; waiting: number }[]>
  log: Logger
  clock: Clock
}

/** Moves a supervisor's processes to the queues where most jobs wait: one at a time, and only when two looks in a row say so. */
export class Balancer {
  readonly #parts: BalancerParts
  readonly #stopped = new AbortController()
  #looking: Promise<void> | undefined

  constructor(parts: BalancerParts) {
    this.#parts = parts
  }

  start(): void {
    this.#looking ??= this.#look()
  }

  /** Returns soon: a look that hangs is left to itself. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    const looked = this.#looking ?? Promise.resolve()
    await settlesWithin(looked, 1_000, this.#parts.clock)
  }

  async #look(): Promise<void> {
    const { clock, supervisor } = this.#parts
    const { signal } = this.#stopped
    let before: Move | undefined
    while (!signal.aborted) {
      await wait(clock, lookEveryMs, signal)
      if (signal.aborted || supervisor.moving) continue
      const move = await this.#proposed()
      if (signal.aborted) return
      const again = move && before && move.from === before.from && move.to === before.to
      if (again) supervisor.move(move)
      before = again ? undefined : move
    }
  }

  async #proposed(): Promise<Move | undefined> {
    const { supervisor, waiting, log } = this.#parts
    const processes = supervisor.spread()
    try {
      const counts = await waiting([...processes.keys()])
      return nextMove(
        counts.map(count => ({ ...count, processes: processes.get(count.queue) ?? 0 })),
      )
    } catch (err) {
      log.debug({ err }, 'the queues could not be counted')
      return undefined
    }
  }
}
