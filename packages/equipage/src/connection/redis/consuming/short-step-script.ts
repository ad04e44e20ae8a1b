import {
  consumerField,
  eventTextBytes,
  jobFields,
  largePayloadBytes,
  replyBytes,
  runField,
} from './step-fields.ts'

/** How many finished jobs that are no longer kept one call removes at most. */
const removedPerCall = 1_000

/** Retention is looked after by every so many calls, and by those that find no job to take: a queue that rests keeps what it should. */
const callsPerRetention = 8

/** How many arguments an end has here. */
export const argumentsPerShortEnd = 4

/**
 * The short way of a call: plain jobs complete, and plain ones are taken from a queue without limits.
 * It looks before it writes, and answers nil where anything is otherwise: then nothing has changed, and
 * the call goes the long way (step-script.ts), whose keys, fields, events, note and answer it shares.
 *
 * KEYS: as declared-keys.ts says. ARGV: the lane's key, number, consumer, worker's name, lock in
 * milliseconds, how many run ids and how many ends follow, for how many seconds and how many
 * completed jobs are kept; the run ids; then of each end: job id, run id, how many attempts have
 * ended with it, result.
 */
export const shortStepScript = `
local call, prefix = redis.call, KEYS[1]
local number, consumer, worker, lockMs = tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local wanted, ending = tonumber(ARGV[6]), tonumber(ARGV[7])
local first, looked, kin = 10 + wanted, { ARGV[1] }, {}
for n = 1, ending do
  local key = prefix .. ARGV[first + (n - 1) * ${argumentsPerShortEnd}]
  looked[n + 1] = key .. ':lock'
  kin[2 * n - 1], kin[2 * n] = key .. ':dependencies', key .. ':unsuccessful'
end
local held = call('MGET', unpack(looked))
if held[1] and tonumber(string.match(held[1], '^%d+')) >= number then return false end
for n = 1, ending do
  if held[n + 1] ~= ARGV[first + (n - 1) * ${argumentsPerShortEnd} + 1] then return false end
end
if ending > 0 and call('EXISTS', unpack(kin)) > 0 then return false end
local settings = call('HMGET', prefix .. 'meta', 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
local maxEvents = settings[1]
if not maxEvents or settings[2] or settings[3] or settings[4] then return false end
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local stamp = string.format('%.0f', now)
local score, due = call('ZRANGE', prefix .. 'delayed', 0, 0, 'WITHSCORES')[2], 0
if score then
  due = math.floor(tonumber(score) / 4096)
  if due <= now then return false end
end

local wait, active, events, completed = prefix .. 'wait', prefix .. 'active', prefix .. 'events', prefix .. 'completed'
local jobs, taken, more, bytes = {}, {}, 0, 0
if wanted > 0 then
  local room = wanted
  if wanted > ending + 1 then
    -- Beyond what it has ended, at most half of what waits: the others are another process's.
    room = math.min(wanted, ending + math.max(1, math.ceil((call('LLEN', wait) - ending) / 2)))
  end
  local ids, seen = call('LRANGE', wait, -room - 1, -1), {}
  for n = #ids, math.max(1, #ids - room + 1), -1 do
    local id = ids[n]
    if bytes > ${replyBytes} then break end
    if seen[id] or string.sub(id, 1, 2) == '0:' then return false end
    seen[id] = true
    local fields = redis.pcall('HMGET', prefix .. id, '${jobFields.join("', '")}')
    if fields.err or not fields[2] or (fields[6] and not string.match(fields[6], '^%d+$')) then return false end
    local data = fields[1]
    if data then
      if #data > ${largePayloadBytes} then fields[1] = 1 else bytes = bytes + #data end
    end
    -- Most jobs have none of the rare fields: an answer is shorter without them.
    for at = ${jobFields.length}, 7, -1 do
      if fields[at] then break end
      fields[at] = nil
    end
    jobs[#jobs + 1] = { id, ARGV[9 + #jobs + 1], fields }
  end
  if #ids > #jobs then
    more = 1
  elseif #jobs < room and call('EXISTS', prefix .. 'prioritized') == 1 then
    return false
  end
end

local victims, victimIds = {}, {}
if ending > 0 and (number % ${callsPerRetention} == 0 or #jobs == 0 or ending >= 16) then
  local over = call('ZCARD', completed) + ending - tonumber(ARGV[9])
  local ids = over > 0 and call('ZRANGE', completed, 0, math.min(over, ${removedPerCall}) - 1) or {}
  local old = call('ZRANGEBYSCORE', completed, '-inf', string.format('%.0f', now - ARGV[8] * 1000),
    'LIMIT', 0, ${removedPerCall})
  if #old > #ids then ids = old end
  for n, id in ipairs(ids) do
    local key = prefix .. id
    if redis.pcall('HEXISTS', key, 'parentKey') ~= 0 then return false end
    for _, name in ipairs({ '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }) do
      victims[#victims + 1] = key .. name
    end
    victimIds[n] = id
  end
end

-- From here on it writes; first what a server without memory allows.
if ending > 0 then
  local locks, scores, ended = {}, {}, {}
  for n = 1, ending do
    local at = first + (n - 1) * ${argumentsPerShortEnd}
    -- From the head: what was taken lately stands there.
    if call('LREM', active, 1, ARGV[at]) > 0 then
      ended[#ended + 1] = at
      locks[#ended] = looked[n + 1]
      scores[2 * #ended - 1], scores[2 * #ended] = stamp, ARGV[at]
    end
  end
  if #ended > 0 then
    call('DEL', unpack(locks))
    -- Off the list of active ones it is passed over by a stalled check, which drops that set as a whole.
    for _, at in ipairs(ended) do
      local result = ARGV[at + 3]
      call('HSET', prefix .. ARGV[at], 'atm', ARGV[at + 2], 'returnvalue', result, 'finishedOn', stamp)
      call('XADD', events, 'MAXLEN', '~', maxEvents, '*', 'event', 'completed', 'jobId', ARGV[at],
        'returnvalue', #result > ${eventTextBytes} and 'null' or result, 'prev', 'active')
    end
    call('ZADD', completed, unpack(scores))
  end
  for from = 1, #victims, 6000 do call('DEL', unpack(victims, from, math.min(from + 5999, #victims))) end
  if #victimIds > 0 then call('ZREM', completed, unpack(victimIds)) end
end
if #jobs > 0 then
  local moved, begun = {}, {}
  local alone = #jobs == 1
  if alone then call('RPOPLPUSH', wait, active) else call('LTRIM', wait, 0, -#jobs - 1) end
  for _, job in ipairs(jobs) do
    local id, run, fields = job[1], job[2], job[3]
    local key = prefix .. id
    local lock, mine = key .. ':lock', true
    if not call('SET', lock, run, 'PX', lockMs, 'NX') then
      -- It stands in line twice, and its other place was taken; or a lock was left behind.
      local places = call('LPOS', active, id, 'COUNT', 2)
      mine = #places == (alone and 1 or 0)
      if not mine and alone then call('LREM', active, 1, id) end
      if mine then call('SET', lock, run, 'PX', lockMs) end
    end
    if mine then
      local starts = string.format('%.0f', (tonumber(fields[6]) or 0) + 1)
      fields[6] = starts
      moved[#moved + 1], begun[#begun + 1] = id, job
      call('XADD', events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
      call('HSET', key, 'processedOn', stamp, 'pb', worker, 'ats', starts,
        '${runField}', run, '${consumerField}', consumer)
      taken[#taken + 1], taken[#taken + 2] = id, run
    end
  end
  jobs = begun
  if #moved > 0 and not alone then call('LPUSH', active, unpack(moved)) end
  if more == 1 then call('ZADD', prefix .. 'marker', 0, '0') end
elseif wanted > 0 then
  call('DEL', prefix .. 'pc')
end
if ending > 0 and #jobs == 0 and not (wanted > 0 and score) and call('LLEN', active) == 0
  and call('LLEN', wait) == 0 and call('ZCARD', prefix .. 'prioritized') == 0 then
  call('XADD', events, '*', 'event', 'drained')
end
call('SET', ARGV[1], ARGV[2] .. ' ' .. cmsgpack.pack({ {}, taken, 0 }), 'PX', 3600000)
return { number, stamp, {}, jobs, more, 0, due }
`
