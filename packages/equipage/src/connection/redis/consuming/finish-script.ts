import { createHash } from 'node:crypto'
import * as bull from 'bullmq/dist/cjs/scripts/index.js'

/** A script that is known to a client by a name, and is sent the keys of declared-keys.ts. */
export interface Command {
  readonly name: string
  readonly lua: string
}

/**
 * BullMQ's `moveToFinished`, with a shorter way in front of it for what happens most: a job without
 * parent, children and key completes in a queue without limits, and another waits or none is left.
 * It asks first, and changes nothing before it is sure; whatever is otherwise goes BullMQ's way.
 * Keys, fields, events and the reply are the same. Sent a second time, with the same timestamp, it
 * gives the reply of the first.
 * It is sent what differs from job to job, and as text: that is written and read in a third of the time.
 * KEYS[1]: what the queue's keys begin with. ARGV: the timestamp, the field of the result, for how many
 * milliseconds a lock holds, the worker's name, for how many seconds and how many completed jobs are
 * kept; the job's id, the token, the result.
 */
const lua = `
local prefix = KEYS[1]
local timestamp, field, lockMs, worker, keepSeconds, keepCount, id, token, result = unpack(ARGV)
local function original()
  local names = { 'wait', 'active', 'prioritized', 'events', 'stalled', 'limiter', 'delayed', 'paused',
    'meta', 'pc', 'completed', id, 'metrics:completed', 'marker' }
  for n, name in ipairs(names) do KEYS[n] = prefix .. name end
  local options = cmsgpack.pack({
    token = token, lockDuration = tonumber(lockMs), name = worker, maxMetricsSize = '',
    keepJobs = { age = tonumber(keepSeconds), count = tonumber(keepCount) },
  })
  local arguments = { id, timestamp, field, result, 'completed', '1', prefix, options, '' }
  for n, value in ipairs(arguments) do ARGV[n] = value end
${bull.moveToFinished.content}
end
local call = redis.call
local wait, active, events, delayed = prefix .. 'wait', prefix .. 'active', prefix .. 'events', prefix .. 'delayed'
local completed, job = prefix .. 'completed', prefix .. id
local lock = job .. ':lock'
if call('GET', lock) ~= token then
  if call('HGET', job, 'finishedOn') ~= timestamp then return original() end
  -- It is sent again, since its answer was lost: the next job is the one that the same token holds.
  for _, next in ipairs(call('LRANGE', active, 0, -1)) do
    local key = prefix .. next
    if redis.pcall('GET', key .. ':lock') == token then return {call('HGETALL', key), next, 0, 0} end
  end
  return 0
end
local known = call('HMGET', job, 'name', 'parentKey', 'deid', 'atm')
if not known[1] or known[2] or known[3] then return original() end
if call('EXISTS', job .. ':dependencies', job .. ':unsuccessful') > 0 then return original() end
local settings = call('HMGET', prefix .. 'meta', 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
if not settings[1] or settings[2] or settings[3] or settings[4] then return original() end
local next = call('LINDEX', wait, -1)
if next then
  if string.sub(next, 1, 2) == '0:' then return original() end
  if #call('ZRANGEBYSCORE', delayed, 0, (timestamp + 1) * 0x1000 - 1, 'LIMIT', 0, 1) > 0 then return original() end
elseif call('EXISTS', prefix .. 'prioritized', delayed) > 0 then
  return original()
end
local over = call('ZRANGE', completed, 0, -keepCount, 'WITHSCORES')
if #over > 20 then return original() end
local oldest = over[2] or call('ZRANGE', completed, 0, 0, 'WITHSCORES')[2]
if oldest and tonumber(oldest) <= timestamp - keepSeconds * 1000 then return original() end
for n = 1, #over, 2 do
  if redis.pcall('HEXISTS', prefix .. over[n], 'parentKey') ~= 0 then return original() end
end
if call('LREM', active, -1, id) < 1 then return original() end
call('DEL', lock)
call('SREM', prefix .. 'stalled', id)
call('HSET', job, 'atm', (tonumber(known[4]) or 0) + 1, field, result, 'finishedOn', timestamp)
for n = 1, #over, 2 do
  local key = prefix .. over[n]
  call('DEL', key, key .. ':logs', key .. ':dependencies', key .. ':processed', key .. ':failed', key .. ':unsuccessful')
  call('ZREM', completed, over[n])
end
call('ZADD', completed, timestamp, id)
call('XADD', events, 'MAXLEN', '~', settings[1], '*', 'event', 'completed', 'jobId', id, field, result, 'prev', 'active')
if not next then
  if call('LLEN', active) == 0 then call('XADD', events, '*', 'event', 'drained') end
  return 0
end
call('RPOPLPUSH', wait, active)
local key = prefix .. next
call('SET', key .. ':lock', token, 'PX', lockMs)
call('XADD', events, '*', 'event', 'active', 'jobId', next, 'prev', 'waiting')
local fields, starts = call('HGETALL', key), 0
for n = 1, #fields, 2 do
  if fields[n] == 'ats' then starts = fields[n + 1] end
end
local begun = { 'processedOn', timestamp, 'pb', worker, 'ats', tostring(starts + 1) }
call('HSET', key, unpack(begun))
for n = 1, #begun do fields[#fields + 1] = begun[n] end
call('ZADD', prefix .. 'marker', 0, '0')
return {fields, next, 0, 0}
`

export const finish: Command = { name: 'equipageFinish', lua }

/** The script of BullMQ's that the shorter way does the work of. */
const original = '8e744ec5d65dbe9e7ffb6e39a96c0268bba65e4f0b1d04e2d2a42ccb71b45a6d'
export const understood =
  createHash('sha256').update(bull.moveToFinished.content).digest('hex') === original
