import { createHash } from 'node:crypto'
import {
  type BackendFactory,
  type RedisClient as Client,
  type FinishedPropValAttribute,
  type FinishedStatus,
  getDefaultBackendFactory,
  type KeepJobs,
  type MinimalJob,
  RedisQueueBackend,
  type WorkerOptions,
} from 'bullmq'
import * as bull from 'bullmq/dist/cjs/scripts/index.js'
import type { RedisClient } from './client.ts'

const command = 'equipageFinish'

type Argument = string | number | boolean | Buffer

/**
 * BullMQ's `moveToFinished`, with a shorter way in front of it for what happens most: a job without
 * parent, children and key completes in a queue without limits, and another waits or none is left.
 * It asks first, and changes nothing before it is sure; whatever is otherwise goes BullMQ's way.
 * Keys, fields, events and the reply are the same.
 * Where the shorter way may be gone, BullMQ's options (ARGV[8]) are empty, and what they would hold
 * follows: the token, for how long a lock holds, the worker's name, for how many seconds and how many
 * completed jobs are kept, and the attempts. A command of text alone is written in a third of the time.
 */
const script = `
local function original()
  if ARGV[8] == '' then
    ARGV[8] = cmsgpack.pack({
      token = ARGV[10], lockDuration = tonumber(ARGV[11]), name = ARGV[12], maxMetricsSize = '',
      keepJobs = { age = tonumber(ARGV[13]), count = tonumber(ARGV[14]) },
    })
  end
${bull.moveToFinished.content}
end
local call = redis.call
if ARGV[8] ~= '' then return original() end
local token, lockMs, worker, keepMs, keepCount = ARGV[10], ARGV[11], ARGV[12], ARGV[13] * 1000, ARGV[14]
local wait, active, events, delayed, meta = KEYS[1], KEYS[2], KEYS[4], KEYS[7], KEYS[9]
local completed, job = KEYS[11], KEYS[12]
local id, timestamp, prefix = ARGV[1], ARGV[2], ARGV[7]
local lock = job .. ':lock'
if call('GET', lock) ~= token then return original() end
local known = call('HMGET', job, 'name', 'parentKey', 'deid', 'atm')
if not known[1] or known[2] or known[3] then return original() end
if call('EXISTS', job .. ':dependencies', job .. ':unsuccessful') > 0 then return original() end
local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
if not settings[1] or settings[2] or settings[3] or settings[4] then return original() end
local next = call('LINDEX', wait, -1)
if next then
  if string.sub(next, 1, 2) == '0:' then return original() end
  if #call('ZRANGEBYSCORE', delayed, 0, (timestamp + 1) * 0x1000 - 1, 'LIMIT', 0, 1) > 0 then return original() end
elseif call('EXISTS', KEYS[3], delayed) > 0 then
  return original()
end
local over = call('ZRANGE', completed, 0, -keepCount, 'WITHSCORES')
if #over > 20 then return original() end
local oldest = over[2] or call('ZRANGE', completed, 0, 0, 'WITHSCORES')[2]
if oldest and tonumber(oldest) <= timestamp - keepMs then return original() end
for n = 1, #over, 2 do
  if call('HEXISTS', prefix .. over[n], 'parentKey') == 1 then return original() end
end
if call('LREM', active, -1, id) < 1 then return original() end
call('DEL', lock)
call('SREM', KEYS[5], id)
call('HSET', job, 'atm', (known[4] or 0) + 1, ARGV[3], ARGV[4], 'finishedOn', timestamp)
for n = 1, #over, 2 do
  local key = prefix .. over[n]
  call('DEL', key, key .. ':logs', key .. ':dependencies', key .. ':processed', key .. ':failed', key .. ':unsuccessful')
  call('ZREM', completed, over[n])
end
call('ZADD', completed, timestamp, id)
call('XADD', events, 'MAXLEN', '~', settings[1], '*', 'event', 'completed', 'jobId', id, ARGV[3], ARGV[4], 'prev', 'active')
if not next then
  if call('LLEN', active) == 0 then call('XADD', events, '*', 'event', 'drained') end
  return 0
end
call('RPOPLPUSH', wait, active)
local key = prefix .. next
call('SET', key .. ':lock', token, 'PX', lockMs)
call('XADD', events, '*', 'event', 'active', 'jobId', next, 'prev', 'waiting')
call('HSET', key, 'processedOn', timestamp, 'pb', worker)
call('HINCRBY', key, 'ats', 1)
call('ZADD', KEYS[14], 0, '0')
return {call('HGETALL', key), next, 0, 0}
`

/**
 * What the shorter way takes after the arguments that BullMQ's has too.
 * @returns undefined where it may not be gone
 */
function shortEnding(
  { lockDuration, name, limiter, metrics, removeOnComplete }: WorkerOptions,
  token: string,
  shouldRemove: undefined | boolean | number | KeepJobs,
): Argument[] | undefined {
  const keep = shouldRemove ?? removeOnComplete
  if (limiter || metrics || !lockDuration || !name || typeof keep !== 'object') return undefined
  // Another program may have written anything to its job.
  const { age, count, limit } = keep as { age?: unknown; count?: unknown; limit?: unknown }
  if (!Number.isFinite(age) || !Number.isSafeInteger(count) || limit !== undefined) return undefined
  return Number(count) > 0
    ? ['', '', token, lockDuration, name, Number(age), Number(count)]
    : undefined
}

/** BullMQ's backend, which completes jobs by that script. */
class FinishingBackend extends RedisQueueBackend {
  protected override moveToFinishedArgs<Data, Result, Name extends string>(
    job: MinimalJob<Data, Result, Name>,
    value: unknown,
    field: FinishedPropValAttribute,
    shouldRemove: undefined | boolean | number | KeepJobs,
    target: FinishedStatus,
    token: string,
    timestamp: number,
    fetchNext?: boolean,
    fields?: Record<string, unknown>,
  ): Argument[] {
    const short = fetchNext && !fields && target === 'completed' && this.queue.closing === undefined
    const ending = short
      ? shortEnding(this.queue.opts as WorkerOptions, token, shouldRemove)
      : undefined
    if (!ending || job.id === undefined) {
      return super.moveToFinishedArgs(
        job,
        value,
        field,
        shouldRemove,
        target,
        token,
        timestamp,
        fetchNext,
        fields,
      )
    }
    const { completed = '', marker = '', '': prefix = '' } = this.queue.keys
    const shared = this.moveToFinishedKeys.slice(0, 10) as string[]
    const own = [completed, prefix + job.id, `${prefix}metrics:completed`, marker]
    const result = value === undefined ? 'null' : String(value)
    return [...shared, ...own, job.id, timestamp, field, result, target, 1, prefix, ...ending]
  }

  override execCommand(client: Client, name: string, args: unknown[]): unknown {
    if (name === 'moveToFinished') return client.runCommand(command, args)
    return super.execCommand(client, name, args)
  }
}

/** The script of BullMQ's that the shorter way does the work of. */
const original = '8e744ec5d65dbe9e7ffb6e39a96c0268bba65e4f0b1d04e2d2a42ccb71b45a6d'
export const understood =
  createHash('sha256').update(bull.moveToFinished.content).digest('hex') === original

/** Makes the script known to a worker's client. */
export function defineFinish(client: RedisClient): void {
  client.defineCommand(command, { numberOfKeys: bull.moveToFinished.keys, lua: script })
}

/** Gives a worker that backend; with another version of BullMQ's script, BullMQ's own. */
export const finishingBackend: BackendFactory<RedisQueueBackend> = (name, opts, options) => {
  const backend = getDefaultBackendFactory<RedisQueueBackend>()(name, opts, options)
  // BullMQ's factory knows how a worker's connections are made, and makes no other class.
  return understood ? Object.setPrototypeOf(backend, FinishingBackend.prototype) : backend
}
