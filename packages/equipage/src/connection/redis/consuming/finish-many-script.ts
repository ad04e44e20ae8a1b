import { mostCharactersPerScript } from '../pushing/index.ts'
import type { Command } from './finish-script.ts'

/**
 * The shorter way of completing a job, for many jobs of one worker at once: what is asked and changed
 * once for the queue is not asked and changed again for each of them. As many jobs are taken as end,
 * and as wait, until their payloads are too many characters. A job that it may not complete, or in
 * whose place it may not begin the next, is left as it was, and its reply is nil.
 * KEYS[1]: what the queue's keys begin with. ARGV: as of the script for one, with id, token and result
 * of each job. Returns a reply for each job, in their order.
 */
const lua = `
local call, prefix = redis.call, KEYS[1]
local timestamp, field, lockMs, worker, keepSeconds, keepCount = unpack(ARGV, 1, 6)
local wait, active, events, delayed = prefix .. 'wait', prefix .. 'active', prefix .. 'events', prefix .. 'delayed'
local completed = prefix .. 'completed'
local count, replies, jobs, locks, kin = (#ARGV - 6) / 3, {}, {}, {}, {}
for n = 1, count do
  replies[n] = false
  local id, token, result = unpack(ARGV, 3 * n + 4, 3 * n + 6)
  local key = prefix .. id
  jobs[n] = { n = n, id = id, key = key, lock = key .. ':lock', token = token, result = result }
  locks[n] = jobs[n].lock
  kin[2 * n - 1], kin[2 * n] = key .. ':dependencies', key .. ':unsuccessful'
end

local settings = call('HMGET', prefix .. 'meta', 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
if not settings[1] or settings[2] or settings[3] or settings[4] then return replies end
if call('EXISTS', unpack(kin)) > 0 then return replies end
if #call('ZRANGEBYSCORE', delayed, 0, (timestamp + 1) * 0x1000 - 1, 'LIMIT', 0, 1) > 0 then return replies end
local waiting = call('LRANGE', wait, -count, -1)
if #waiting < count and call('EXISTS', prefix .. 'prioritized', delayed) > 0 then return replies end
for _, id in ipairs(waiting) do
  if string.sub(id, 1, 2) == '0:' then return replies end
end
if tonumber(keepCount) < count then return replies end
local over = call('ZRANGE', completed, 0, -(keepCount - count + 1), 'WITHSCORES')
if #over > 4 * count + 20 then return replies end
local oldest = over[2] or call('ZRANGE', completed, 0, 0, 'WITHSCORES')[2]
if oldest and tonumber(oldest) <= timestamp - keepSeconds * 1000 then return replies end
for n = 1, #over, 2 do
  if redis.pcall('HEXISTS', prefix .. over[n], 'parentKey') ~= 0 then return replies end
end

call('XTRIM', events, 'MAXLEN', '~', settings[1])
local size = 0
local function load(id, more)
  local fields, starts = redis.pcall('HGETALL', prefix .. id), 0
  if fields.err then return end
  for n = 1, #fields, 2 do
    size = size + #fields[n + 1]
    if fields[n] == 'ats' then starts = tonumber(fields[n + 1]) end
  end
  if starts and not (more and size > ${mostCharactersPerScript}) then
    return { id = id, fields = fields, starts = starts }
  end
end
local ended, begun, held = {}, {}, call('MGET', unpack(locks))
for n, job in ipairs(jobs) do
  local at = #ended + 1
  local id = waiting[#waiting + 1 - at]
  if id and not begun[at] then
    begun[at] = load(id, at > 1)
    if not begun[at] then break end
  end
  local known = redis.pcall('HMGET', job.key, 'name', 'parentKey', 'deid', 'atm')
  local plain = not known.err and known[1] and not known[2] and not known[3]
  job.attempts = plain and (tonumber(known[4]) or 0)
  if job.attempts and held[n] == job.token and call('LREM', active, -1, job.id) > 0 then
    ended[at] = job
  end
end
if #ended == 0 then return replies end
begun[#ended + 1] = nil

local gone, ids, keys, scores, taken = {}, {}, {}, {}, {}
for n, job in ipairs(ended) do
  gone[n], ids[n] = job.lock, job.id
  scores[2 * n - 1], scores[2 * n] = timestamp, job.id
  if begun[n] then taken[n] = begun[n].id end
end
call('SREM', prefix .. 'stalled', unpack(ids))
for n = 1, #over - 2 * (count - #ended), 2 do
  local key = prefix .. over[n]
  for _, name in ipairs({ '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }) do
    gone[#gone + 1] = key .. name
  end
  keys[#keys + 1] = over[n]
end
call('DEL', unpack(gone))
if #keys > 0 then call('ZREM', completed, unpack(keys)) end
call('ZADD', completed, unpack(scores))
if #taken > 0 then
  call('LTRIM', wait, 0, -#taken - 1)
  call('LPUSH', active, unpack(taken))
  call('ZADD', prefix .. 'marker', 0, '0')
end
for n, job in ipairs(ended) do
  call('HSET', job.key, 'atm', job.attempts + 1, field, job.result, 'finishedOn', timestamp)
  call('XADD', events, '*', 'event', 'completed', 'jobId', job.id, field, job.result, 'prev', 'active')
  local next, reply = begun[n], 0
  if next then
    local id, fields = next.id, next.fields
    local key = prefix .. id
    call('SET', key .. ':lock', job.token, 'PX', lockMs)
    call('XADD', events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
    local own = { 'processedOn', timestamp, 'pb', worker, 'ats', tostring(next.starts + 1) }
    call('HSET', key, unpack(own))
    for m = 1, #own do fields[#fields + 1] = own[m] end
    reply = { fields, id, 0, 0 }
  end
  replies[job.n] = reply
end
if #waiting == 0 and call('LLEN', active) == 0 then call('XADD', events, '*', 'event', 'drained') end
return replies
`

export const finishMany: Command = { name: 'equipageFinishMany', lua }

/** One script holds Redis up for a millisecond at most. */
export const mostPerScript = 50
