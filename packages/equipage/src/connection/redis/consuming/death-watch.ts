/** What a look at the registered consumers says of one of them. */
export interface SeenConsumer {
  readonly id: string
  /** Grows with each of its heartbeats. */
  readonly heartbeat: number
  /** Connections that listen on its channel; null where the server does not say. */
  readonly listeners: number | null
}

/** A consumer that is dead, and the heartbeat that was its last. */
export interface DeadConsumer {
  readonly id: string
  readonly heartbeat: number
}

/** A consumer without a listener at so many looks in a row is dead: time enough to connect again. */
const looksWithoutListener = 3

/**
 * Says which consumers are dead, from looks at regular intervals.
 *
 * 1. Nobody listens on its channel at three looks: its process is gone, with all its connections.
 * 2. Its heartbeat stands still for as long as a lock holds: its host has no power, its process is
 *    stopped for longer than that, or the server does not say who listens.
 *
 * Only looks that were answered count: while Redis is silent for everybody nobody dies of it. When our
 * own connection broke all begin anew, since theirs may have broken with it.
 */
export class DeathWatch {
  readonly #looksPerLock: number
  readonly #seen = new Map<string, { heartbeat: number; still: number; unheard: number }>()

  /** @param looksPerLock how many looks are as long as a lock, 1 or more */
  constructor(looksPerLock: number) {
    this.#looksPerLock = Math.max(2, looksPerLock)
  }

  look(consumers: readonly SeenConsumer[]): DeadConsumer[] {
    const there = new Set(consumers.map(({ id }) => id))
    for (const id of this.#seen.keys()) if (!there.has(id)) this.#seen.delete(id)
    return consumers
      .filter(consumer => this.#isDead(consumer))
      .map(({ id, heartbeat }) => ({ id, heartbeat }))
  }

  /** Looks were missed. */
  reset(): void {
    this.#seen.clear()
  }

  #isDead({ id, heartbeat, listeners }: SeenConsumer): boolean {
    const before = this.#seen.get(id)
    const still = before?.heartbeat === heartbeat ? before.still + 1 : 0
    const unheard = listeners === 0 ? (before?.unheard ?? 0) + 1 : 0
    this.#seen.set(id, { heartbeat, still, unheard })
    return unheard >= looksWithoutListener || still >= this.#looksPerLock
  }
}
