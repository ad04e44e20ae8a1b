import { type Clock, wait } from '../../../core/index.ts'
import type { RedisClient } from '../server/index.ts'

/** How long one wait lasts at most, in seconds. */
const longestWaitSeconds = 5

export interface MarkerWaitDependencies {
  /** A connection of its own, which a wait occupies. */
  readonly waiting: RedisClient
  readonly working: RedisClient
  readonly prefix: string
  readonly consumer: string
  readonly clock: Clock
  /** The queues that have room, and know of no job. */
  idle(): readonly string[]
  /** Whether a job that was announced is being taken: the wait that follows can do without its marker. */
  taking(): boolean
  /** A job was announced. */
  wake(queue: string): void
}

/**
 * Waits for the markers that BullMQ's scripts set when a job can be taken: one command over the
 * markers of all idle queues. When another queue becomes idle meanwhile, the wait is ended through a
 * key of the consumer's own, and begins anew with it.
 */
export class MarkerWait {
  readonly #dependencies: MarkerWaitDependencies
  readonly #stopped = new AbortController()
  readonly #wakeKey: string
  #waitsFor: ReadonlySet<string> | undefined
  #interrupting = false
  #changed = Promise.withResolvers<void>()

  constructor(dependencies: MarkerWaitDependencies) {
    this.#dependencies = dependencies
    this.#wakeKey = `${dependencies.prefix}::wake:${dependencies.consumer}`
  }

  start(): void {
    void this.#run()
  }

  stop(): void {
    this.#stopped.abort()
    this.#changed.resolve()
  }

  /** The idle queues may be others than those that are waited for. */
  changed(): void {
    const { idle, working } = this.#dependencies
    const queues = idle()
    if (queues.length === 0) return
    if (!this.#waitsFor) {
      this.#changed.resolve()
      return
    }
    if (this.#interrupting || queues.every(queue => this.#waitsFor?.has(queue))) return
    this.#interrupting = true
    working
      .pipeline()
      .zadd(this.#wakeKey, 0, '0')
      .pexpire(this.#wakeKey, 60_000)
      .exec()
      // It ends by itself within seconds.
      .catch(() => undefined)
  }

  async #run(): Promise<void> {
    const { waiting, prefix, clock, idle, taking, wake } = this.#dependencies
    const keyOf = (queue: string) => `${prefix}:${queue}:marker`
    while (!this.#stopped.signal.aborted) {
      const queues = taking() ? [] : idle()
      if (queues.length === 0) {
        await this.#changed.promise
        this.#changed = Promise.withResolvers()
        continue
      }
      this.#waitsFor = new Set(queues)
      try {
        const keys = [this.#wakeKey, ...queues.map(keyOf)]
        const popped = await waiting.bzpopmin(...keys, longestWaitSeconds)
        const queue = popped && queues.find(name => keyOf(name) === popped[0])
        if (queue !== undefined && queue !== null) wake(queue)
      } catch {
        if (this.#stopped.signal.aborted) return
        await wait(clock, 500, this.#stopped.signal)
      } finally {
        this.#waitsFor = undefined
        this.#interrupting = false
      }
      // What was woken shall ask before the next wait.
      await new Promise(resolve => setImmediate(resolve))
    }
  }
}
