import { createHash } from 'node:crypto'
import * as bull from 'bullmq/dist/cjs/scripts/index.js'
import type { ChainableCommander } from 'ioredis'
import type { RedisClient } from './client.ts'

/** A job that may run at once, without priority, key, parent or an id of its own. */
export interface PlainPush {
  readonly name: string
  /** The payload, as JSON. */
  readonly data: string
  /** BullMQ's options in their stored form, as JSON. */
  readonly options: string
}

const command = 'equipagePush'

/** Fields of a job in the script's arguments. */
const fields = 3

/** One script holds Redis up for about a millisecond at most. */
export const mostPerScript = 200
/** The most characters of payloads that one script is sent; a larger job travels alone. */
export const mostCharactersPerScript = 1_000_000

/**
 * What BullMQ's `addStandardJob` does, for many jobs at once: the same keys, fields and events. It
 * spares each job a call, the unpacking of its arguments, and what can only come to nothing here.
 * KEYS: wait, meta, id, active, events, marker. ARGV: what keys of jobs begin with, the timestamp,
 * then name, data and options of each.
 * Returns the ids, in the order of the jobs.
 */
const script = `
local wait, meta, counter, active, events, marker = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]
local prefix, timestamp = ARGV[1], ARGV[2]
local call = redis.call
local state = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
local maxEvents = state[1]
if not maxEvents then
  maxEvents = 10000
  call('HSET', meta, 'opts.maxLenEvents', maxEvents)
end
local busy = state[2] or (state[3] and call('LLEN', active) >= tonumber(state[3]))
local count = (#ARGV - 2) / ${fields}
local last = call('INCRBY', counter, count)
local ids = {}
for n = 1, count do ids[n] = string.format('%.0f', last - count + n) end
call('LPUSH', wait, unpack(ids))
for n = 1, count do
  local at, id = 3 + (n - 1) * ${fields}, ids[n]
  local name = ARGV[at]
  call('HSET', prefix .. id, 'name', name, 'data', ARGV[at + 1], 'opts', ARGV[at + 2],
    'timestamp', timestamp, 'delay', 0, 'priority', 0)
  call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', name)
  call('XADD', events, 'MAXLEN', '~', maxEvents, '*', 'event', 'waiting', 'jobId', id)
end
if not busy then call('ZADD', marker, 0, '0') end
return ids
`

/** The script of BullMQ's that this one does the work of. */
const original = '2eee45c9ffc54d24681b737f926016a7f7464f0d32a5f87f623bffa2fc55413c'

/**
 * Whether BullMQ's own script is the one that this does the work of. With another version of it,
 * which an application can bring along, every job is added by BullMQ's.
 */
export const understood =
  createHash('sha256').update(bull.addStandardJob.content).digest('hex') === original

/** Makes the script known to a client and to its pipelines. */
export function definePlainPushes(client: RedisClient): void {
  client.defineCommand(command, { numberOfKeys: 6, lua: script })
}

/**
 * Adds the jobs to a queue, in one command.
 * @param client a client, or a pipeline: then the reply is the pipeline's
 * @param queueKey what the queue's keys begin with, without the colon
 * @param timestamp when they were pushed, epoch milliseconds
 * @returns the ids, in the order of the jobs
 */
export function pushPlain(
  client: RedisClient | ChainableCommander,
  queueKey: string,
  timestamp: number,
  jobs: readonly PlainPush[],
): Promise<string[]> | undefined {
  const key = (name: string) => `${queueKey}:${name}`
  const keys = ['wait', 'meta', 'id', 'active', 'events', 'marker'].map(key)
  const args: (string | number)[] = [...keys, key(''), timestamp]
  for (const { name, data, options } of jobs) args.push(name, data, options)
  const commands = client as unknown as Record<string, (args: unknown[]) => Promise<string[]>>
  return commands[command]?.(args)
}
