import type { QueueWait } from '../../connection/index.ts'
import { type Clock, settlesWithin, wait } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import { type Move, nextMove } from './balance.ts'
import type { Supervisor } from './supervisor.ts'

const lookEveryMs = 5_000

export interface BalancerDependencies {
  supervisor: Supervisor
  /** What waits in each queue, and for how long. */
  waits(queues: readonly string[]): Promise<QueueWait[]>
  log: Logger
  clock: Clock
}

/** Moves a supervisor's processes to the queues where jobs wait longest: one at a time, and only when two looks in a row say so. */
export class Balancer {
  readonly #dependencies: BalancerDependencies
  readonly #stopped = new AbortController()
  #looking: Promise<void> | undefined

  constructor(dependencies: BalancerDependencies) {
    this.#dependencies = dependencies
  }

  start(): void {
    this.#looking ??= this.#look()
  }

  /** Returns soon: a look that hangs is left to itself. */
  async stop(): Promise<void> {
    this.#stopped.abort()
    const looked = this.#looking ?? Promise.resolve()
    await settlesWithin(looked, 1_000, this.#dependencies.clock)
  }

  async #look(): Promise<void> {
    const { clock, supervisor } = this.#dependencies
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
    const { supervisor, waits, log } = this.#dependencies
    const processes = supervisor.processesPerQueue()
    try {
      const waiting = await waits([...processes.keys()])
      return nextMove(waiting.map(wait => ({ ...wait, processes: processes.get(wait.queue) ?? 0 })))
    } catch (err) {
      log.debug({ err }, 'what waits in the queues could not be read')
      return undefined
    }
  }
}
