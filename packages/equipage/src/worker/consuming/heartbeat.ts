import { type WorkerRegistry, type WorkerReport, workerLeaseMs } from '../../connection/index.ts'
import { type Clock, settlesWithin, type Timer } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'

/** Two may fail before a worker counts as gone. */
const beatMs = workerLeaseMs / 3

/** How long taking the notice down may hold up the end of the process. */
const removalPatienceMs = 1_000

export interface WorkerHeartbeatDependencies {
  registry(): Promise<WorkerRegistry>
  /** What the worker says of itself now. */
  report(): WorkerReport
  log: Logger
  clock: Clock
}

/** Puts a worker's notice up again and again, and takes it down at the end. */
export class WorkerHeartbeat {
  readonly #dependencies: WorkerHeartbeatDependencies
  #timer: Timer | undefined
  #reporting: Promise<void> | undefined
  #stopped = false

  constructor(dependencies: WorkerHeartbeatDependencies) {
    this.#dependencies = dependencies
  }

  start(): void {
    if (this.#stopped || this.#reporting !== undefined) return
    this.#beat()
  }

  #beat(): void {
    this.#reporting = this.#report()
    this.#timer = this.#dependencies.clock.after(beatMs, () => this.#beat())
  }

  async #report(): Promise<void> {
    const { registry, report, log } = this.#dependencies
    try {
      await (await registry()).report(report())
    } catch (err) {
      log.debug({ err }, 'the worker could not say that it is there')
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    if (this.#reporting === undefined) return
    await settlesWithin(this.#remove(this.#reporting), removalPatienceMs, this.#dependencies.clock)
  }

  async #remove(posted: Promise<void>): Promise<void> {
    await posted
    await (await this.#dependencies.registry()).remove(this.#dependencies.report().id)
  }
}
