import type { Clock, Timer } from '../../../core/index.ts'
import type { RedisClient } from '../server/index.ts'
import { deathLimit } from './consumer-registry.ts'
import { lookScript, stalledScript } from './consumer-scripts.ts'
import type { QueueConsumer } from './queue-consumer.ts'

/** How often it looks for jobs whose markers were lost. */
const lookEveryMs = 1_000

export interface QueueLooksDependencies {
  readonly client: RedisClient
  readonly prefix: string
  readonly lockMs: number
  readonly clock: Clock
  readonly queues: readonly QueueConsumer[]
  /** A job whose worker is no consumer of ours, and lost its lock, waits again. */
  rescued(queue: string, id: string): void
}

/**
 * Looks at the queues at intervals, for what nobody says.
 *
 * 1. Every second: idle queues with a job that can be taken. Its marker was given to a process that
 *    died or stopped.
 * 2. As often as a lock holds: jobs of plain BullMQ's workers that lost their locks, by BullMQ's own
 *    rule and script, which lets one process at a time do so.
 *
 * A look that fails says nothing: the connection logs that it is away, and the next look finds the same.
 */
export class QueueLooks {
  readonly #dependencies: QueueLooksDependencies
  readonly #timers = new Map<string, Timer>()
  #stopped = false

  constructor(dependencies: QueueLooksDependencies) {
    this.#dependencies = dependencies
  }

  start(): void {
    this.#again('markers', lookEveryMs, () => this.#lookForJobs())
    void this.#lookForStalled()
    this.#again('stalled', this.#dependencies.lockMs, () => this.#lookForStalled())
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers.values()) timer.cancel()
  }

  #again(name: string, everyMs: number, look: () => Promise<void>): void {
    if (this.#stopped) return
    const next = async () => {
      await look().catch(() => undefined)
      this.#again(name, everyMs, look)
    }
    this.#timers.set(
      name,
      this.#dependencies.clock.after(everyMs, () => void next()),
    )
  }

  async #lookForJobs(): Promise<void> {
    const { client, prefix, queues } = this.#dependencies
    const idle = queues.filter(queue => queue.idle)
    if (idle.length === 0 || client.status !== 'ready') return
    const prefixes = idle.map(({ queue }) => `${prefix}:${queue}:`)
    const reply = await client.eval(lookScript, 1, `${prefix}::look`, ...prefixes)
    const [now, found] = reply as [now: string, found: number[]]
    for (const [index, queue] of idle.entries()) {
      const due = Number(found[index] ?? 0)
      if (due === 1) queue.wake()
      else if (due > 0) queue.wakeAt(due, Number(now))
    }
  }

  async #lookForStalled(): Promise<void> {
    const { client, prefix, queues, clock, lockMs, rescued } = this.#dependencies
    for (const { queue } of queues) {
      const base = `${prefix}:${queue}:`
      const keys = [
        ...['stalled', 'wait', 'active', 'stalled-check', 'meta', 'paused'],
        ...['marker', 'events', 'repeat'],
      ].map(key => base + key)
      const args = [deathLimit, base, clock.now(), lockMs]
      const ids = await client.eval(stalledScript.content, keys.length, ...keys, ...args)
      for (const id of ids as string[]) rescued(queue, id)
    }
  }
}
