import { createHash } from 'node:crypto'
import * as bull from 'bullmq/dist/cjs/scripts/index.js'
import type { ChainableCommander } from 'ioredis'
import type { RedisClient } from '../server/index.ts'
import { declaredKeys, numberOfKeys } from './declared-keys.ts'

/** A job that may run at once, without priority, key, parent or an id of its own. */
export interface PlainPush {
  readonly name: string
  /** The payload, as JSON. */
  readonly data: string
  /** BullMQ's options in their stored form, as JSON. */
  readonly options: string
}

/** A client, or a pipeline, whose replies come with its execution. */
export type Commander = RedisClient | ChainableCommander

const command = 'equipagePush'

/** One script holds Redis up for some milliseconds at most. */
export const mostPerScript = 200
/** The most characters of payloads that one script is sent; a larger job travels alone. */
export const mostCharactersPerScript = 1_000_000

/**
 * What BullMQ's `addStandardJob` does, for many jobs at once: the same keys, fields and events. It
 * spares each job a call, the unpacking of its arguments, and what can only come to nothing here.
 * A function of Lua: `prefix` is what the queue's keys begin with, the job that begins at `at[n]` of
 * the arguments is name, data and options; it returns the ids in their order.
 */
export const addPlainJobs = `
local call = redis.call
local function add(prefix, timestamp, at)
  local meta, events, ids, count = prefix .. 'meta', prefix .. 'events', {}, #at
  local state = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency')
  local maxEvents = state[1]
  if not maxEvents then
    maxEvents = 10000
    call('HSET', meta, 'opts.maxLenEvents', maxEvents)
  end
  local busy = state[2] or (state[3] and call('LLEN', prefix .. 'active') >= tonumber(state[3]))
  local last = call('INCRBY', prefix .. 'id', count)
  for n = 1, count do ids[n] = string.format('%.0f', last - count + n) end
  for n = 1, count do
    local id, name = ids[n], ARGV[at[n]]
    call('HSET', prefix .. id, 'name', name, 'data', ARGV[at[n] + 1], 'opts', ARGV[at[n] + 2],
      'timestamp', timestamp, 'delay', 0, 'priority', 0)
    call('XADD', events, '*', 'event', 'added', 'jobId', id, 'name', name)
    call('XADD', events, 'MAXLEN', '~', maxEvents, '*', 'event', 'waiting', 'jobId', id)
  end
  -- Last: what could not be written must not wait.
  call('LPUSH', prefix .. 'wait', unpack(ids))
  if not busy then call('ZADD', prefix .. 'marker', 0, '0') end
  return ids
end
`

/** KEYS[1]: what the queue's keys begin with. ARGV: the timestamp, then each job. Returns the ids. */
const script = `${addPlainJobs}
local at = {}
for n = 2, #ARGV, 3 do at[#at + 1] = n end
return add(KEYS[1], ARGV[1], at)
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
  client.defineCommand(command, { numberOfKeys, lua: script })
}

/**
 * Adds the jobs to a queue, in one command.
 * @param queueKey what the queue's keys begin with, without the colon
 * @param timestamp when they were pushed, epoch milliseconds
 * @returns the ids, in the order of the jobs
 */
export async function pushPlain(
  commander: Commander,
  queueKey: string,
  timestamp: number,
  jobs: readonly PlainPush[],
): Promise<string[]> {
  const args: (string | number)[] = [...declaredKeys(`${queueKey}:`), timestamp]
  for (const { name, data, options } of jobs) args.push(name, data, options)
  return (await run(commander, command, args)) as string[]
}

/** Runs a defined command by its name. */
export function run(commander: Commander, name: string, args: unknown[]): unknown {
  return (commander as unknown as Record<string, (args: unknown[]) => unknown>)[name]?.(args)
}
