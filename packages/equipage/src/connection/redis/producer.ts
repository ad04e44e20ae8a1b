import { randomUUID } from 'node:crypto'
import { Job, type JobsOptions, Queue, type RedisQueueBackend } from 'bullmq'
import type { ChainableCommander } from 'ioredis'
import { EquipageError, toError } from '../../core/errors.ts'
import type { PushedJob } from '../../job/index.ts'
import type { Logger } from '../../log/index.ts'
import type { TickClaim } from '../tick-memory.ts'
import { type ClaimSetting, claimingClient, defineClaims, type ScriptReply } from './claims.ts'
import { commandClient, connectOnce, type RedisClient, unready } from './client.ts'
import { type KeepDefaults, keepOptions } from './job-keep.ts'
import { deduplicationOf } from './push-guards.ts'
import type { RedisSettings } from './settings.ts'
import { connectionError } from './symptoms.ts'
import { watchConnection } from './watch-connection.ts'

/** The name under which a job's backoff stands in BullMQ: its delays come from our own definition. */
export const backoffType = 'equipage'

interface Addition {
  readonly job: PushedJob
  readonly claim: TickClaim | undefined
  resolve(reply: ScriptReply): void
  reject(error: unknown): void
}

/**
 * Adds jobs through BullMQ's own scripts.
 *
 * 1. Connects with the first call, and fails fast while Redis is away.
 * 2. Gathers what is added in one turn of the event loop into one pipeline.
 * 3. Puts the claim of a tick in front of the script that adds its job.
 */
export class Producer {
  readonly client: RedisClient
  readonly #settings: RedisSettings
  readonly #claims: ClaimSetting
  readonly #keep: KeepDefaults
  readonly #queues = new Map<string, Queue>()
  #connecting: Promise<void> | undefined
  #lastError: unknown
  #gathered: Addition[] = []

  constructor(settings: RedisSettings & { keep: KeepDefaults }, claims: ClaimSetting, log: Logger) {
    this.#settings = settings
    this.#claims = claims
    this.#keep = settings.keep
    this.client = commandClient(settings)
    defineClaims(this.client)
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
    return queue
  }

  /** Adds a job, and decides its tick when there is a claim: both or neither. */
  add(job: PushedJob, claim?: TickClaim): Promise<ScriptReply> {
    return new Promise((resolve, reject) => {
      if (this.#gathered.length === 0) setImmediate(() => void this.#flush())
      this.#gathered.push({ job, claim, resolve, reject })
    })
  }

  async #flush(): Promise<void> {
    const additions = this.#gathered
    this.#gathered = []
    // A pipeline knows the commands that are defined when it is made, and BullMQ's come with its queues.
    const names = new Set(additions.map(({ job }) => job.queue))
    for (const name of names) await this.queue(name).catch(() => undefined)
    const queues = new Map<string, Queue | Error>()
    for (const { job } of additions) {
      if (queues.has(job.queue)) continue
      queues.set(job.queue, await this.queue(job.queue).catch(toError))
    }
    // BullMQ makes its scripts known when a queue opens, and a pipeline knows those of its beginning.
    const pipeline = this.client.pipeline()
    const sent: Addition[] = []
    for (const addition of additions) {
      try {
        const queue = queues.get(addition.job.queue)
        if (!(queue instanceof Queue)) throw queue
        await this.#write(pipeline, addition, queue)
        sent.push(addition)
      } catch (error) {
        // This one alone: its neighbours have nothing to do with it.
        addition.reject(error)
      }
    }
    if (sent.length > 0) await this.#send(pipeline, sent)
  }

  async #write(
    pipeline: ChainableCommander,
    { job, claim }: Addition,
    queue: Queue,
  ): Promise<void> {
    const options = optionsOf(job, this.#keep)
    const bull = new Job(queue, job.name, job.data, options, options.jobId)
    const backend = queue.getBackend() as RedisQueueBackend
    const client = claimingClient(pipeline, claim, job.guard !== undefined, this.#claims)
    // It queues the command on the pipeline; its answer is the pipeline's.
    await backend.addJobToTransaction(client, bull.asJSON(), bull.id ?? '')
  }

  async #send(pipeline: ChainableCommander, sent: readonly Addition[]): Promise<void> {
    const replies = await pipeline.exec().catch((error: Error) => sent.map(() => [error] as const))
    for (const [index, addition] of sent.entries()) {
      const [error, reply] = replies?.[index] ?? [new Error('Redis gave no answer')]
      if (error) addition.reject(connectionError(this.#settings, error))
      else if (typeof reply === 'number' && reply < 0) {
        addition.reject(new EquipageError('E_PUSH_REFUSED', { job: addition.job.name, reply }))
      } else addition.resolve(reply as ScriptReply)
    }
  }

  async close(): Promise<void> {
    for (const queue of this.#queues.values()) await queue.close().catch(() => undefined)
    if (this.client.status === 'ready') await this.client.quit().catch(() => undefined)
    this.client.disconnect()
  }
}

/** A job's data is its payload alone; what the framework adds stands in its options. */
function optionsOf(job: PushedJob, keep: KeepDefaults): JobsOptions {
  const stamped = Object.keys(job.stamp).length > 0
  // The job in the way of others is known by its id before it is added.
  const id = job.id ?? (job.guard && randomUUID())
  return {
    attempts: job.attempts,
    ...(job.attempts > 1 ? { backoff: { type: backoffType } } : {}),
    ...(job.delayMs > 0 ? { delay: job.delayMs } : {}),
    ...(job.priority > 0 ? { priority: job.priority } : {}),
    ...(id === undefined ? {} : { jobId: id }),
    ...(job.keep ? keepOptions(job.keep, keep) : {}),
    ...(job.guard ? { deduplication: deduplicationOf(job.guard) } : {}),
    ...(stamped ? { equipage: job.stamp } : {}),
  }
}
