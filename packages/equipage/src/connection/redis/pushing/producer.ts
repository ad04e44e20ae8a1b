import { Job, Queue, type RedisQueueBackend } from 'bullmq'
import { type Clock, EquipageError, toError } from '../../../core/index.ts'
import type { PushedJob } from '../../../job/index.ts'
import type { Logger } from '../../../log/index.ts'
import type { TickClaim } from '../../tick-memory.ts'
import {
  commandClient,
  connectionError,
  connectOnce,
  type RedisClient,
  type RedisSettings,
  unready,
  watchConnection,
} from '../server/index.ts'
import { type Addition, type Batch, batchesOf, optionsOf } from './additions.ts'
import { type ClaimSetting, claimingClient, defineClaims, type ScriptReply } from './claims.ts'
import type { KeepDefaults } from './job-keep.ts'
import { claimPlain, definePlainClaims } from './plain-claims.ts'
import { type Commander, definePlainPushes, mostPerScript, pushPlain } from './plain-pushes.ts'

/** The queues of a turn by their names, and why one of them could not be opened. */
type Queues = ReadonlyMap<string, Queue | Error>

/** A number is BullMQ's own refusal; an error is about this one of a batch. */
type Reply = ScriptReply | number | Error

/**
 * Adds jobs through BullMQ's own scripts, and one that does the same for many at once.
 *
 * 1. Connects with the first call, and fails fast while Redis is away.
 * 2. Gathers what is added in one turn of the event loop into one pipeline, and of that the plain
 *    jobs of a queue into one script.
 * 3. Puts the claim of a tick in front of the script that adds its job.
 */
export class Producer {
  readonly client: RedisClient
  readonly #settings: RedisSettings
  readonly #claims: ClaimSetting
  readonly #keep: KeepDefaults
  readonly #clock: Clock
  readonly #queues = new Map<string, Queue>()
  /** Those that have looked at the server. */
  readonly #opened = new Map<string, Queue>()
  #connecting: Promise<void> | undefined
  #lastError: unknown
  #gathered: Addition[] = []
  /** Pipelines and commands whose answer is still to come. */
  #unanswered = 0

  constructor(
    settings: RedisSettings & { keep: KeepDefaults },
    claims: ClaimSetting,
    log: Logger,
    clock: Clock,
  ) {
    this.#settings = settings
    this.#claims = claims
    this.#keep = settings.keep
    this.#clock = clock
    this.client = commandClient(settings)
    defineClaims(this.client)
    definePlainPushes(this.client)
    definePlainClaims(this.client)
    watchConnection(this.client, settings, log)
    this.client.on('error', error => {
      this.#lastError = error
    })
    this.client.on('ready', () => {
      this.#lastError = undefined
    })
  }

  /** @throws E_CONNECTION_AWAY, E_CONNECTION_REFUSED */
  async ready(): Promise<void> {
    if (this.client.status === 'ready') return
    if (this.client.status === 'wait') {
      this.#connecting = connectOnce(this.client).finally(() => {
        this.#connecting = undefined
      })
    }
    try {
      if (this.#connecting === undefined)
        throw new Error(
          this.client.status === 'connect' ? unready : `connection is ${this.client.status}`,
        )
      await this.#connecting
    } catch (error) {
      // ioredis rejects with "Connection is closed", and tells the reason to its listeners.
      throw connectionError(this.#settings, this.#lastError ?? error)
    }
  }

  /** One call to Redis; its failure as this framework's error. */
  async ask<Reply>(call: (client: RedisClient) => Promise<Reply>): Promise<Reply> {
    await this.ready()
    try {
      return await call(this.client)
    } catch (error) {
      throw connectionError(this.#settings, error)
    }
  }

  /** BullMQ's queue of that name, over the connection of all of them. */
  async queue(name: string): Promise<Queue> {
    await this.ready()
    let queue = this.#queues.get(name)
    if (!queue) {
      queue = new Queue(name, {
        connection: this.client,
        prefix: this.#settings.prefix,
        skipVersionCheck: true,
      })
      // The connection's own listener tells of errors; without one here, each would end the process.
      queue.on('error', () => undefined)
      this.#queues.set(name, queue)
    }
    try {
      await queue.waitUntilReady()
    } catch (error) {
      // BullMQ never tries again on a queue whose first look at the server failed.
      this.#queues.delete(name)
      throw connectionError(this.#settings, error)
    }
    this.#opened.set(name, queue)
    return queue
  }

  /** Adds a job, and decides its tick when there is a claim: both or neither. */
  add(job: PushedJob, claim?: TickClaim): Promise<ScriptReply> {
    return new Promise((resolve, reject) => {
      // One that is alone goes at once; those that come while Redis answers gather for longer.
      if (this.#gathered.length === 0) {
        if (this.#unanswered === 0) process.nextTick(() => void this.#flush())
        else setImmediate(() => void this.#flush())
      }
      this.#gathered.push({ job, claim, resolve, reject })
      // Redis has work while the rest of a crowd is prepared.
      if (this.#gathered.length === mostPerScript) void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    if (this.#gathered.length === 0) return
    const batches = batchesOf(this.#gathered, this.#keep)
    this.#gathered = []
    this.#unanswered++
    const [only] = batches
    if (only && batches.length === 1 && only.kind !== 'one') await this.#sendAlone(only)
    else await this.#sendAll(batches)
    this.#unanswered--
  }

  /** What most pushes are. A pipeline costs more than the command. */
  async #sendAlone(batch: Batch): Promise<void> {
    try {
      const queue = this.#known(batch.queue) ?? (await this.queue(batch.queue))
      this.#answer(batch, await this.#write(this.client, batch, queue))
    } catch (error) {
      refuse(batch, connectionError(this.#settings, error))
    }
  }

  async #sendAll(batches: readonly Batch[]): Promise<void> {
    const queues = await this.#queuesOf(batches)
    // BullMQ makes its scripts known when a queue opens, and a pipeline knows those of its beginning.
    const pipeline = this.client.pipeline()
    const sent: Batch[] = []
    for (const batch of batches) {
      try {
        const queue = queues.get(batch.queue)
        if (!(queue instanceof Queue)) throw queue
        await this.#write(pipeline, batch, queue)
        sent.push(batch)
      } catch (error) {
        // This one alone: its neighbours have nothing to do with it.
        refuse(batch, error)
      }
    }
    if (sent.length === 0) return
    const replies = await pipeline.exec().catch((error: Error) => sent.map(() => [error] as const))
    for (const [index, batch] of sent.entries()) {
      const [error, reply] = replies?.[index] ?? [new Error('Redis gave no answer')]
      if (error) refuse(batch, connectionError(this.#settings, error))
      else this.#answer(batch, batch.kind === 'one' ? [reply as Reply] : (reply as Reply[]))
    }
  }

  /** The queue, when it can be written to without waiting. */
  #known(name: string): Queue | undefined {
    return this.client.status === 'ready' ? this.#opened.get(name) : undefined
  }

  async #queuesOf(batches: readonly Batch[]): Promise<Queues> {
    const queues = new Map<string, Queue | Error>()
    for (const { queue } of batches) {
      if (queues.has(queue)) continue
      queues.set(queue, this.#known(queue) ?? (await this.queue(queue).catch(toError)))
    }
    return queues
  }

  /** Sends a batch, or queues it on a pipeline, whose answer it then is. */
  async #write(commander: Commander, batch: Batch, queue: Queue): Promise<readonly Reply[]> {
    const now = this.#clock.now()
    if (batch.kind === 'pushes') return pushPlain(commander, queue.qualifiedName, now, batch.plain)
    if (batch.kind === 'claims')
      return claimPlain(commander, queue.qualifiedName, now, batch.plain, this.#claims)
    return [await this.#writeOne(commander, batch, queue)]
  }

  async #writeOne(
    commander: Commander,
    { additions: [addition] }: Batch,
    queue: Queue,
  ): Promise<Reply> {
    if (!addition) throw new Error('a batch of one has none')
    const { job, claim } = addition
    const options = optionsOf(job, this.#keep)
    const bull = new Job(queue, job.name, job.data, options, options.jobId)
    const backend = queue.getBackend() as RedisQueueBackend
    const client = claimingClient(commander, claim, job.guard !== undefined, this.#claims)
    return (await backend.addJobToTransaction(client, bull.asJSON(), bull.id ?? '')) as Reply
  }

  #answer({ additions }: Batch, replies: readonly Reply[]): void {
    for (const [index, { job, resolve, reject }] of additions.entries()) {
      const reply = replies[index] ?? new Error('Redis gave no answer')
      if (reply instanceof Error) reject(connectionError(this.#settings, reply))
      else if (typeof reply !== 'number') resolve(reply)
      else reject(new EquipageError('E_PUSH_REFUSED', { job: job.name, reply }))
    }
  }

  async close(): Promise<void> {
    for (const queue of this.#queues.values()) await queue.close().catch(() => undefined)
    if (this.client.status === 'ready') await this.client.quit().catch(() => undefined)
    this.client.disconnect()
  }
}

function refuse({ additions }: Batch, error: unknown): void {
  for (const { reject } of additions) reject(error)
}
