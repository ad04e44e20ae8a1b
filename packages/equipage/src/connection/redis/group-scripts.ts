/** What several of the scripts do. KEYS: the group, the set of those that have not ended. */
const shared = `
local group, open = KEYS[1], KEYS[2]
local function now()
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
local function ended()
  local places = {}
  for _, field in ipairs(redis.call('HKEYS', group)) do
    if string.sub(field, 1, 4) == 'end:' then table.insert(places, field) end
  end
  return places
end
local function finish(id, state, keptMs)
  -- Of a completed one nothing is needed any more but that it is over.
  if state == 'completed' then redis.call('DEL', group) end
  redis.call('HSET', group, 'state', state, 'finishedOn', now())
  redis.call('ZREM', open, id)
  redis.call('PEXPIRE', group, keptMs)
end
local function ready(id)
  redis.call('HSET', group, 'state', 'ready')
  redis.call('HSETNX', group, 'readyAt', now())
  redis.call('HDEL', group, 'finishedOn')
  redis.call('PERSIST', group)
  redis.call('ZADD', open, 'NX', now(), id)
end
`

/**
 * ARGV: id, plan, how many members, whether it has a last job, how long a completed one is kept.
 * Returns the state, and the fields of the members that have ended.
 */
const opening = `${shared}
local id, plan, members, final, keptMs = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
if redis.call('EXISTS', group) == 0 then
  redis.call('HSET', group, 'plan', plan, 'state', 'open', 'left', members, 'broken', 0, 'bytes', 0, 'finally', final)
  redis.call('ZADD', open, now(), id)
  if members == 0 and final == '1' then ready(id) end
  if members == 0 and final ~= '1' then finish(id, 'completed', keptMs) end
end
local reply = ended()
table.insert(reply, 1, redis.call('HGET', group, 'state'))
return reply
`

/**
 * A member's end stands in a field \`end:<place>\`: a letter (c: completed, f: failed, b: failed, and
 * the group with it) and its JSON.
 * ARGV: id, place, letter, end, what takes its place when it is too large, how many bytes of results
 * there may be (-1: any number), how long a completed and a failed group are kept.
 * Returns what follows, as GroupStep says.
 */
const ending = `${shared}
local id, field, kind, record = ARGV[1], 'end:' .. ARGV[2], ARGV[3], ARGV[4]
local limit = tonumber(ARGV[6])
local state = redis.call('HGET', group, 'state')
if not state then return 'missing' end
if state == 'completed' then return 'over' end
local final = redis.call('HGET', group, 'finally') == '1'
local former = redis.call('HGET', group, field)
local was = former and string.sub(former, 1, 1)
if not was or (was ~= 'c' and kind == 'c') then
  if kind == 'c' and not final then record = '{"state":"completed","result":null}' end
  if kind == 'c' and final then
    local bytes = tonumber(redis.call('HGET', group, 'bytes')) + #record
    if limit >= 0 and bytes > limit then
      kind, record = 'b', ARGV[5]
    else
      redis.call('HSET', group, 'bytes', bytes)
    end
  end
  redis.call('HSET', group, field, kind .. record)
  if not was then redis.call('HINCRBY', group, 'left', -1) end
  if was ~= 'b' and kind == 'b' then redis.call('HINCRBY', group, 'broken', 1) end
  if was == 'b' and kind ~= 'b' then redis.call('HINCRBY', group, 'broken', -1) end
end
if tonumber(redis.call('HGET', group, 'left')) > 0 then return 'open' end
if tonumber(redis.call('HGET', group, 'broken')) > 0 then
  if state == 'failed' then return 'over' end
  finish(id, 'failed', ARGV[8])
  return 'failed'
end
if not final then
  finish(id, 'completed', ARGV[7])
  return 'completed'
end
if redis.call('HGET', group, 'pushed') == '1' then return 'over' end
ready(id)
return 'ready'
`

/** Returns plan, state, whether the last job was pushed, when all had ended, and the fields of those that have; or false. */
const state = `${shared}
local fields = redis.call('HMGET', group, 'plan', 'state', 'pushed', 'readyAt')
if not fields[1] then return false end
local reply = ended()
for i = 4, 1, -1 do table.insert(reply, 1, fields[i] or '') end
return reply
`

const pushed = `${shared}
if redis.call('HGET', group, 'state') == 'ready' then redis.call('HSET', group, 'pushed', 1) end
return 1
`

/** ARGV: id, state, how long it is kept. Returns 1, or 0 when it had ended so, or had completed. */
const closing = `${shared}
local state = redis.call('HGET', group, 'state')
redis.call('ZREM', open, ARGV[1])
if not state or state == 'completed' or state == ARGV[2] then return 0 end
finish(ARGV[1], ARGV[2], ARGV[3])
return 1
`

/**
 * KEYS: the set of those that have not ended, whose turn it was. ARGV: how long nobody else has one,
 * how many are looked at. Returns ids, and puts them behind the others.
 */
const unfinished = `
if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
local everyMs = tonumber(ARGV[1])
if everyMs > 0 and not redis.call('SET', KEYS[2], 1, 'NX', 'PX', ARGV[1]) then return {} end
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local ids = redis.call('ZRANGE', KEYS[1], 0, ARGV[2] - 1)
for _, id in ipairs(ids) do redis.call('ZADD', KEYS[1], now, id) end
return ids
`

/** Each is one step of a {@link GroupMemory}; all keys begin with one prefix, and so stand on one node. */
export const groupScripts = {
  open: opening,
  end: ending,
  state,
  pushed,
  close: closing,
  unfinished,
}
