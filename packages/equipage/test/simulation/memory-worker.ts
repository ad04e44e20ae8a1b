import { type Clock, wait } from '../../src/core/clock.ts'
import { type AttemptRunner, MemoryCheckpoints } from '../../src/job/index.ts'
import type { MemoryConnection, MemoryPush } from '../../src/simulation/memory-connection.ts'

/** Runs what a memory connection has recorded, attempt by attempt, as a worker would. */
export class MemoryWorker {
  readonly #connection: MemoryConnection
  readonly #runner: AttemptRunner
  readonly #clock: Clock
  readonly #stopped = new AbortController()

  constructor(connection: MemoryConnection, runner: AttemptRunner, clock: Clock) {
    this.#connection = connection
    this.#runner = runner
    this.#clock = clock
  }

  async run({ id, job, pushedAt }: MemoryPush): Promise<void> {
    const { signal } = this.#stopped
    const checkpoints = new MemoryCheckpoints()
    await wait(this.#clock, job.delayMs, signal)
    for (let attempt = 1; !signal.aborted; attempt++) {
      const { name, queue, data, attempts, metadata } = job
      const numbers = { attempt, attempts, starts: attempt }
      const report = () => undefined
      const outcome = await this.#runner.run({
        ...{ id, name, queue, data, metadata, signal, report, pushedAt, checkpoints },
        ...numbers,
      })
      if (outcome.state !== 'retrying') return this.#connection.carrier.end(id)
      await wait(this.#clock, outcome.delayMs, signal)
    }
  }

  stop(): void {
    this.#stopped.abort()
  }
}
