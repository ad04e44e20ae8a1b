import type { Clock, Random, Timer } from '../../../core/index.ts'
import type { RedisClient } from '../server/index.ts'
import { heartbeatScript, leaveScript, rescueScript } from './consumer-scripts.ts'
import { type DeadConsumer, DeathWatch } from './death-watch.ts'

/** How often a consumer gives a heartbeat, and looks at the others. */
const everyMs = 2_000

/** How often one job may take its worker down with it before it is failed. */
export const deathLimit = 10

/** What a consumer says of itself. */
interface Registered {
  readonly process: string
  readonly queues: readonly string[]
  /** It listens on its channel: a user without rights to it cannot. */
  readonly listens: boolean
}

export interface ConsumerRegistryDependencies extends Omit<Registered, 'listens'> {
  readonly client: RedisClient
  readonly prefix: string
  readonly consumer: string
  readonly lockMs: number
  /** Whether the server that runs the scripts knows who listens: a Cluster's node knows of its own listeners alone. */
  readonly knowsListeners: boolean
  readonly clock: Clock
  readonly random: Random
  /** A job of a dead consumer waits again. */
  rescued(queue: string, id: string, process: string): void
}

/**
 * Makes a consumer known to the others, and puts the jobs of dead ones back.
 *
 * 1. Listens on a channel of its own, over the connection that works: where nobody listens, no process is.
 * 2. Gives a heartbeat every two seconds, and looks at the others with the same call.
 * 3. Who is dead is decided by DeathWatch; the script that puts a job back asks once more.
 */
export class ConsumerRegistry {
  readonly #dependencies: ConsumerRegistryDependencies
  readonly #deaths: DeathWatch
  readonly #keys: readonly [consumers: string, heartbeats: string]
  #timer: Timer | undefined
  #stopped = false
  #listens = false

  constructor(dependencies: ConsumerRegistryDependencies) {
    this.#dependencies = dependencies
    this.#deaths = new DeathWatch(Math.ceil(dependencies.lockMs / everyMs) + 1)
    const base = `${dependencies.prefix}::consumers`
    this.#keys = [base, `${base}:heartbeats`]
  }

  start(): void {
    const { client, knowsListeners } = this.#dependencies
    // Subscribed again by itself after a reconnection.
    if (knowsListeners) {
      client.subscribe(this.#channel()).then(
        () => {
          this.#listens = true
        },
        // Without the right to, it is known by its heartbeat alone.
        () => undefined,
      )
    }
    client.on('close', () => this.#deaths.reset())
    void this.#beat()
  }

  /** Its jobs have ended or were given back: nobody has to look for them. */
  async leave(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    const { client, consumer } = this.#dependencies
    if (client.status === 'ready') await client.eval(leaveScript, 2, ...this.#keys, consumer)
  }

  #channel(consumer = this.#dependencies.consumer): string {
    return `${this.#dependencies.prefix}::consumer:${consumer}`
  }

  async #beat(): Promise<void> {
    const { client, consumer, process, queues, knowsListeners, random, clock } = this.#dependencies
    try {
      const seen = (await client.eval(
        heartbeatScript,
        2,
        ...this.#keys,
        consumer,
        JSON.stringify({ process, queues, listens: this.#listens } satisfies Registered),
        knowsListeners ? this.#channel('') : '',
        random(),
      )) as [id: string, heartbeat: string, listeners: number, text: string][]
      const known = new Map(seen.map(([id, , , text]) => [id, readRegistered(text)]))
      const dead = this.#deaths.look(
        seen.map(([id, heartbeat, listeners]) => ({
          id,
          heartbeat: Number(heartbeat),
          listeners: listeners < 0 || !known.get(id)?.listens ? null : listeners,
        })),
      )
      for (const one of dead) await this.#rescue(one, known.get(one.id) ?? readRegistered())
    } catch {
      // The connection says by itself that it is away.
      this.#deaths.reset()
    }
    if (!this.#stopped) this.#timer = clock.after(everyMs, () => void this.#beat())
  }

  async #rescue(
    { id, heartbeat }: DeadConsumer,
    { process, queues, listens }: Registered,
  ): Promise<void> {
    const { client, prefix, rescued } = this.#dependencies
    for (const queue of queues) {
      for (let offset = 0; offset >= 0; ) {
        const reply = await client.eval(
          rescueScript,
          2,
          this.#keys[1],
          `${prefix}:${queue}:`,
          ...[id, heartbeat, listens ? this.#channel(id) : '', offset, deathLimit],
        )
        const [next, jobs] = reply as [next: number, jobs: string[]]
        for (const job of jobs) rescued(queue, job, process)
        offset = next
      }
    }
    await client.eval(leaveScript, 2, ...this.#keys, id)
  }
}

/** Anybody can write to Redis: what is no registration names no queues. */
function readRegistered(text = ''): Registered {
  try {
    const { process, queues, listens } = JSON.parse(text) as Partial<Registered>
    const names = Array.isArray(queues) ? queues.filter(name => typeof name === 'string') : []
    return { process: String(process), queues: names, listens: listens === true }
  } catch {
    return { process: 'unknown', queues: [], listens: false }
  }
}
