import { randomUUID } from 'node:crypto'
import { Job as BullJob, Queue as BullQueue, FlowProducer, type JobsOptions, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import {
  completed,
  failed,
  givenBack,
  type JobEnd,
  released,
  retried,
} from '../../../../src/connection/redis/consuming/job-end.ts'
import { defineStep, sendStep } from '../../../../src/connection/redis/consuming/step-call.ts'
import { readTaken, type TakenJob } from '../../../../src/connection/redis/consuming/taken-job.ts'
import type { RedisServer } from '../../../support/redis.ts'

/** What a consumer is made to do with a job that it took. */
export type EndKind = 'complete' | 'fail' | 'retry' | 'retry later' | 'release' | 'give back'

/** A worker that does as it is told: BullMQ's own, or ours. */
export interface Side {
  readonly prefix: string
  readonly queue: BullQueue
  readonly flows: FlowProducer
  /** The id of the job that it took; undefined when there was none. */
  take(): Promise<string | undefined>
  /** Ends a job that it took; another one may be taken with it. */
  end(id: string, kind: EndKind, takesNext: boolean): Promise<string | undefined>
  /** Everything below its prefix, without what differs from run to run. */
  content(): Promise<Record<string, unknown>>
  close(): Promise<void>
}

/** Few enough that sequences reach it. */
export const keptCount = 4

const keepRule = { age: 3_600, count: keptCount }
const workerName = 'worker'
const lockMs = 60_000

function parts(server: RedisServer) {
  const prefix = `{both-${randomUUID()}}`
  const connection = { host: server.host, port: server.port }
  const client = new Redis(server.port, server.host)
  const queue = new BullQueue('q', { connection, prefix })
  const flows = new FlowProducer({ connection, prefix })
  return { prefix, connection, client, queue, flows }
}

/** BullMQ's worker, told by hand what to do. */
export async function bullSide(server: RedisServer): Promise<Side> {
  const { prefix, connection, client, queue, flows } = parts(server)
  const worker = new Worker('q', null, {
    ...{ connection, prefix, name: workerName, lockDuration: lockMs, autorun: false },
    ...{ skipStalledCheck: true, removeOnComplete: keepRule, removeOnFail: keepRule },
  })
  await worker.waitUntilReady()
  const held = new Map<string, BullJob>()
  const hold = (job: BullJob | undefined) => {
    if (job?.id !== undefined) held.set(job.id, job)
    return job?.id
  }
  return {
    ...{ prefix, queue, flows },
    take: async () => hold(await worker.getNextJob(randomUUID(), { block: false })),
    async end(id, kind, takesNext) {
      const job = held.get(id)
      if (!job?.token) throw new Error(`${id} is not held`)
      const { token } = job
      const next = async (reply: unknown) => {
        if (!Array.isArray(reply) || !reply[1]) return undefined
        const found = await BullJob.fromId(worker, String(reply[1]))
        return hold(found && Object.assign(found, { token }))
      }
      if (kind === 'complete') {
        const reply = await job.moveToCompleted({ n: 1 }, token, takesNext)
        held.delete(id)
        return next(reply)
      }
      held.delete(id)
      if (kind === 'fail') {
        job.opts.attempts = 1
        return next(await job.moveToFailed(new Error('no'), token, takesNext))
      }
      if (kind === 'retry' || kind === 'retry later') {
        Object.assign(job, { attemptsMade: 0 })
        job.opts.attempts = 100
        job.opts.backoff = kind === 'retry' ? 0 : { type: 'fixed', delay: 3_600_000 }
        await job.moveToFailed(new Error('again'), token, false)
      }
      if (kind === 'release') await job.moveToDelayed(Date.now() + 3_600_000, token)
      if (kind === 'give back') await job.moveToWait(token)
      return takesNext ? hold(await worker.getNextJob(randomUUID(), { block: false })) : undefined
    },
    content: () => contentOf(client, prefix),
    async close() {
      await worker.close(true)
      await queue.close()
      await flows.close()
      client.disconnect()
    },
  }
}

/** Our script, sent as a consumer sends it. */
export async function ourSide(server: RedisServer): Promise<Side> {
  const { prefix, client, queue, flows } = parts(server)
  defineStep(client)
  await queue.waitUntilReady()
  const consumer = 'consumer'
  let number = 0
  const held = new Map<string, TakenJob>()
  const keep = { completed: `3600 ${keptCount} -`, failed: `3600 ${keptCount} -` }
  const step = async (asks: boolean, ends: readonly JobEnd[]) => {
    // Each call looks after what is kept, as it does in turns.
    number += 8
    const call = { number, runs: asks ? [randomUUID()] : [], ends }
    const where = { prefix, queue: 'q', lane: 'q', consumer, worker: workerName, lockMs }
    const [, , fates = [], jobs = []] = await sendStep(client, call, where)
    if (ends.length > 0 && (fates[0] ?? 0) !== 0)
      throw new Error(`the end was refused: ${fates[0]}`)
    const [first] = jobs
    if (!first) return undefined
    const job = readTaken(first, 'q')
    if ('error' in job) throw job.error
    held.set(job.id, job)
    return job.id
  }
  const endOf = (job: TakenJob, kind: EndKind): JobEnd => {
    switch (kind) {
      case 'complete':
        return completed(job, JSON.stringify({ n: 1 }), keep)
      case 'fail':
        return failed({ ...job, attempts: 1 }, new Error('no'), keep)
      case 'retry':
        return retried(job, new Error('again'), 0)
      case 'retry later':
        return retried(job, new Error('again'), 3_600_000)
      case 'release':
        return released(job, 3_600_000)
      case 'give back':
        return givenBack(job)
    }
  }
  return {
    ...{ prefix, queue, flows },
    take: () => step(true, []),
    async end(id, kind, takesNext) {
      const job = held.get(id)
      if (!job) throw new Error(`${id} is not held`)
      const next = await step(takesNext, [endOf(job, kind)])
      if (next !== id) held.delete(id)
      return next
    },
    content: () => contentOf(client, prefix),
    async close() {
      await queue.close()
      await flows.close()
      client.disconnect()
    },
  }
}

/**
 * What differs on purpose, and is left out of the comparison:
 * - `marker`: ours is set only where something is left to take, and also where BullMQ forgets it;
 * - the event `drained`: BullMQ leaves it out where a call that asked for the next job learns that one
 *   is delayed; ours does so only where the job that ended went the short way;
 * - the fields and keys of our own;
 * - stack traces, which hold the paths of either side; instants.
 */
const leftOut = /:(marker|stalled-check)$|::lanes:/
const ownFields = /^equipage:/
const instants = new Set(['timestamp', 'processedOn', 'finishedOn'])

async function contentOf(client: Redis, prefix: string): Promise<Record<string, unknown>> {
  const names = (await client.keys(`${prefix}:*`)).filter(name => !leftOut.test(name)).sort()
  const entries = await Promise.all(
    names.map(async name => [name.slice(prefix.length), await heldIn(client, prefix, name)]),
  )
  return Object.fromEntries(entries)
}

async function heldIn(client: Redis, prefix: string, name: string): Promise<unknown> {
  const own = (text: string) => text.replaceAll(prefix, 'prefix')
  switch (await client.type(name)) {
    case 'hash': {
      const fields = Object.entries(await client.hgetall(name))
      return Object.fromEntries(
        fields
          .filter(([field]) => !ownFields.test(field))
          .map(([field, text]) => [own(field), fieldOf(field, own(text))])
          .sort(),
      )
    }
    case 'list':
      return client.lrange(name, 0, -1)
    case 'set':
      return (await client.smembers(name)).map(own).sort()
    case 'zset': {
      const members = (await client.zrange(name, '0', '-1')).map(own)
      // Those of the same millisecond stand in the order of their texts.
      return /:(completed|failed)$/.test(name) ? members.sort() : members
    }
    case 'stream':
      return (await client.xrange(name, '-', '+')).flatMap(([, fields]) =>
        fields[1] === 'drained'
          ? []
          : [fields.map((text, at) => (fields[at - 1] === 'delay' ? 'an instant' : own(text)))],
      )
    default:
      return name.endsWith(':lock') ? 'a token' : own((await client.get(name)) ?? '')
  }
}

function fieldOf(name: string, text: string): string {
  if (instants.has(name) || (name === 'delay' && text !== '0')) return 'an instant'
  if (name === 'stacktrace') return `${(JSON.parse(text) as unknown[]).length} stack traces`
  return text
}

/** Adds the same job to either side. */
export type Add = (side: Side) => Promise<unknown>

export const add =
  (name: string, options: JobsOptions): Add =>
  side =>
    side.queue.add(name, { of: name }, options)
