import type { RunAttempt, RunningAttempt } from '../../connection/index.ts'
import type { Clock } from '../../core/index.ts'

/** The attempts that this process runs at this moment, whoever began them. */
export class RunningJobs {
  readonly #clock: Clock
  readonly #running = new Set<RunningAttempt>()
  readonly #listeners = new Set<() => void>()
  /** How many have begun so far. */
  begun = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get count(): number {
    return this.#running.size
  }

  /** How many have ended so far. */
  get ended(): number {
    return this.begun - this.count
  }

  /** Those that have run the longest, in the order of their begin. */
  longest(limit: number): RunningAttempt[] {
    return [...this.#running.values().take(limit)]
  }

  /** The same attempts, but known here while they run. */
  watching(run: RunAttempt): RunAttempt {
    return async attempt => {
      const { id, name, queue } = attempt
      const running = { id, name, queue, attempt: attempt.attempt, startedAt: this.#clock.now() }
      this.#running.add(running)
      this.begun++
      try {
        return await run(attempt)
      } finally {
        this.#running.delete(running)
        for (const listener of this.#listeners) listener()
      }
    }
  }

  /** Calls `listener` whenever an attempt has ended, until the returned function is called. */
  onEnd(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}
