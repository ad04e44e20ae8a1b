import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import type { Equipage } from 'equipage'

type Queue = Equipage['queue']

/** Pushes a `unique` job again and again, under some keys in turn, whatever becomes of it. */
export class UniquePusher {
  readonly #queue: Queue
  readonly #job: Parameters<Queue['push']>[0]
  readonly #keys: number
  readonly #latest = new Map<number, string>()
  #stopped = false
  /** How many pushes another job was in the way of. */
  refused = 0

  /** @param keys how many: the payloads are `{ n: 0 }`, `{ n: 1 }` and so on */
  constructor(queue: Queue, job: Parameters<Queue['push']>[0], keys: number) {
    this.#queue = queue
    this.#job = job
    this.#keys = keys
  }

  /**
   * Pushes until it is stopped.
   * @returns the ids of the jobs that were taken
   * @throws when a push is refused for another job than the last one of its key
   */
  async go(): Promise<string[]> {
    const taken: string[] = []
    while (!this.#stopped) {
      for (let n = 0; n < this.#keys; n++) {
        const { state, id, existing } = await this.#queue.push(this.#job, { n })
        if (state === 'refused') {
          this.refused++
          assert.equal(existing?.id, this.#latest.get(n))
        } else {
          taken.push(id)
          this.#latest.set(n, id)
        }
      }
      await pause(20)
    }
    return taken
  }

  stop(): void {
    this.#stopped = true
  }
}
