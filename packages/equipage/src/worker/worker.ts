import type { Carrier, Consumer } from '../connection/index.ts'
import { EquipageError } from '../core/errors.ts'
import type { HandedBack, Lifecycle } from '../core/lifecycle.ts'
import { nearest } from '../core/nearest.ts'
import type { JobRegistry } from '../job/index.ts'
import type { Logger } from '../log/index.ts'

export interface WorkerOptions {
  /** The queues to consume; all that the application's jobs name when left out. */
  queues?: readonly string[] | undefined
  /** Jobs of one queue at a time. */
  concurrency: number
}

/** What a worker is made of. */
export interface WorkerParts {
  carrier(): Promise<Carrier>
  log: Logger
  registry(): Promise<JobRegistry>
}

/** Runs the jobs of some queues, whatever the connection. Stopping it before it started, and twice, is fine. */
export class Worker implements Lifecycle {
  readonly #options: WorkerOptions
  readonly #parts: WorkerParts
  #consumer: Consumer | undefined
  #stopped = false

  constructor(options: WorkerOptions, parts: WorkerParts) {
    this.#options = options
    this.#parts = parts
  }

  /** @throws E_UNKNOWN_QUEUE when no job waits in a queue of that name */
  async start(): Promise<void> {
    const known = (await this.#parts.registry()).queues()
    const queues = [...new Set(this.#options.queues ?? known)]
    for (const given of queues) {
      if (known.includes(given)) continue
      throw new EquipageError('E_UNKNOWN_QUEUE', { given, known, nearest: nearest(given, known) })
    }
    const { concurrency } = this.#options
    const carrier = await this.#parts.carrier()
    if (this.#stopped || this.#consumer) return
    this.#consumer = carrier.consume({ queues, concurrency })
    await this.#consumer.start()
    this.#parts.log.info({ queues, concurrency }, 'worker started')
  }

  /** Takes no new job, lets running ones end for `graceMs`, then aborts them and hands back what is left. */
  async stop(graceMs: number): Promise<HandedBack> {
    this.#stopped = true
    return (await this.#consumer?.stop(graceMs)) ?? { handedBack: 0 }
  }
}
