import * as bull from 'bullmq/dist/cjs/scripts/index.js'
import { consumerField, runField } from './step-fields.ts'

/** Deaths of workers are counted here, per job: BullMQ's own count is also that of plain workers. */
const deathsField = 'equipage:deaths'

/** What BullMQ says of a job that took its workers down too often; the next to take it fails it. */
const tooManyDeaths = 'job stalled more than allowable limit'

/** How many consumers one look asks about at most: in a large deployment each asks about some of the others. */
const lookedAt = 64

/** How many active jobs one rescuing call looks at. */
const perSlice = 1_000

/**
 * The heartbeat of a consumer, and a look at the others.
 * KEYS: the consumers (a hash: process and queues as JSON, by id), their heartbeats (a hash). ARGV: id,
 * process and queues; the channels' prefix, empty where nobody can be asked who listens; which of the
 * others to begin with, 0 to 1.
 * Returns for each that was looked at: id, heartbeat, listeners (-1: not asked), process and queues.
 */
export const heartbeatScript = `
local id, channel = ARGV[1], ARGV[3]
redis.call('HSET', KEYS[1], id, ARGV[2])
redis.call('HINCRBY', KEYS[2], id, 1)
local all = redis.call('HGETALL', KEYS[1])
local count, seen = #all / 2, {}
local first = math.floor(tonumber(ARGV[4]) * count)
for n = 0, math.min(count, ${lookedAt}) - 1 do
  local at = 2 * ((first + n) % count) + 1
  local other = all[at]
  if other ~= id then
    local listeners = -1
    if channel ~= '' then
      local asked = redis.pcall('PUBSUB', 'NUMSUB', channel .. other)
      if not asked.err then listeners = asked[2] end
    end
    seen[#seen + 1] = { other, redis.call('HGET', KEYS[2], other) or '0', listeners, all[at + 1] }
  end
end
return seen
`

/** KEYS as above. ARGV: id. */
export const leaveScript = `
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], ARGV[1])
return 1
`

/**
 * Puts jobs of a dead consumer back, the oldest in front, from one slice of a queue's active jobs.
 * Whoever is back, or is heard again, keeps its jobs.
 * KEYS: the heartbeats, and what the queue's keys begin with. ARGV: the consumer, its last heartbeat,
 * its channel or an empty text, how many of the active jobs to pass over, how many deaths a job may
 * cause.
 * Returns {where the next slice begins or -1, ids of the jobs}.
 */
export const rescueScript = `
local consumer, channel, offset = ARGV[1], ARGV[3], tonumber(ARGV[4])
local prefix = KEYS[2]
if (redis.call('HGET', KEYS[1], consumer) or ARGV[2]) ~= ARGV[2] then return { -1, {} } end
if channel ~= '' then
  local asked = redis.pcall('PUBSUB', 'NUMSUB', channel)
  if not asked.err and asked[2] > 0 then return { -1, {} } end
end
local active, rescued = prefix .. 'active', {}
local ids = redis.call('LRANGE', active, offset, offset + ${perSlice - 1})
for _, id in ipairs(ids) do
  local key = prefix .. id
  local known = redis.pcall('HMGET', key, '${consumerField}', '${runField}', 'priority')
  if not known.err and known[1] == consumer then
    local lock = redis.pcall('GET', key .. ':lock')
    if (not lock or lock == known[2]) and redis.call('LREM', active, 1, id) > 0 then
      redis.call('DEL', key .. ':lock')
      redis.call('SREM', prefix .. 'stalled', id)
      if redis.call('HINCRBY', key, '${deathsField}', 1) > tonumber(ARGV[5]) then
        redis.call('HSET', key, 'defa', '${tooManyDeaths}')
      end
      local priority = tonumber(known[3]) or 0
      if priority > 0 then redis.call('ZADD', prefix .. 'prioritized', priority * 0x100000000, id)
      else redis.call('RPUSH', prefix .. 'wait', id) end
      redis.call('XADD', prefix .. 'events', '*', 'event', 'waiting', 'jobId', id, 'prev', 'active')
      redis.call('XADD', prefix .. 'events', '*', 'event', 'stalled', 'jobId', id)
      rescued[#rescued + 1] = id
    end
  end
end
if #rescued > 0 and redis.call('HEXISTS', prefix .. 'meta', 'paused') == 0 then
  redis.call('ZADD', prefix .. 'marker', 0, '0')
end
if #ids < ${perSlice} then return { -1, rescued } end
return { offset + #ids - #rescued, rescued }
`

/**
 * Looks which queues have a job that can be taken, whose marker may have got lost.
 * KEYS: one that names the slot. ARGV: what the keys of each queue begin with.
 * Returns {now, for each queue: 1 when there is one, else when the next delayed job is due, 0 for none}.
 */
export const lookScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = {}
for n, prefix in ipairs(ARGV) do
  found[n] = 0
  if redis.call('HEXISTS', prefix .. 'meta', 'paused') == 0 then
    if redis.call('EXISTS', prefix .. 'wait', prefix .. 'prioritized') > 0 then
      found[n] = 1
    else
      local score = redis.call('ZRANGE', prefix .. 'delayed', 0, 0, 'WITHSCORES')[2]
      if score then found[n] = math.ceil(tonumber(score) / 4096) end
    end
  end
end
return { string.format('%.0f', now), found }
`

/** BullMQ's check for jobs whose worker lost its lock: those of plain workers have nobody else. */
export const stalledScript = bull.moveStalledJobsToWait

export const progressScript = bull.updateProgress
