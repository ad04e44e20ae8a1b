import { type WorkerBoard, type WorkerNotice, workerLeaseMs } from '../../connection/index.ts'
import { type Clock, settlesWithin, type Timer } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'

/** Two may fail before a worker counts as gone. */
const beatMs = workerLeaseMs / 3

/** How long taking the notice down may hold up the end of the process. */
const removalPatienceMs = 1_000

export interface HeartbeatParts {
  board(): Promise<WorkerBoard>
  /** What the worker says of itself now. */
  notice(): WorkerNotice
  log: Logger
  clock: Clock
}

/** Puts a worker's notice up again and again, and takes it down at the end. */
export class Heartbeat {
  readonly #parts: HeartbeatParts
  #timer: Timer | undefined
  #posting: Promise<void> | undefined
  #stopped = false

  constructor(parts: HeartbeatParts) {
    this.#parts = parts
  }

  start(): void {
    if (this.#stopped || this.#posting !== undefined) return
    this.#beat()
  }

  #beat(): void {
    this.#posting = this.#post()
    this.#timer = this.#parts.clock.after(beatMs, () => this.#beat())
  }

  async #post(): Promise<void> {
    const { board, notice, log } = this.#parts
    try {
      await (await board()).post(notice())
    } catch (err) {
      log.debug({ err }, 'the worker could not say that it is there')
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    if (this.#posting === undefined) return
    await settlesWithin(this.#remove(this.#posting), removalPatienceMs, this.#parts.clock)
  }

  async #remove(posted: Promise<void>): Promise<void> {
    await posted
    await (await this.#parts.board()).remove(this.#parts.notice().id)
  }
}
