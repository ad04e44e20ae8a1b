import { bullFunctions, unknownScripts } from './bull-functions.ts'
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

/** How long the answer of a lane's last call is known, in milliseconds. */
const answerKeptMs = 3_600_000

/** How many arguments an end has. */
export const argumentsPerEnd = 8

/**
 * One call of a lane: ends what has ended, and takes what there is room for.
 *
 * It looks before it writes. What most jobs need has a short way: a job without parent, children and
 * key that completes, a job that is taken from a queue without limits. Everything else goes through
 * BullMQ's own scripts. Keys, fields and events are BullMQ's; the fields `equipage:run` and
 * `equipage:consumer` are ours.
 *
 * The answer is noted under the lane's key with the number of the call. The same number gives the same
 * answer again, and reads the jobs anew; a smaller one changes nothing.
 *
 * KEYS: as declared-keys.ts says. ARGV: the lane's key, number, consumer, worker's name, lock in
 * milliseconds, how many run ids follow, how many ends follow; the run ids; then of each end: kind,
 * job id, run id, the job's starts, and four values by its kind:
 *
 * | kind | | values |
 * |---|---|---|
 * | `c` | completed | result, keep, how many attempts have ended with it, `plain` where it has no parent and no key |
 * | `f` | failed for good | reason, keep, stack traces, parent options |
 * | `u` | failed since it cannot be read | reason, keep, fields to write and to remove as JSON |
 * | `r` | to be retried | reason, delay, stack traces, `R` for LIFO |
 * | `d` | released for a while | , delay |
 * | `w` | given back | |
 *
 * keep is `age count limit`, seconds and numbers, `-` for none; parent options are those of
 * `attempts fpof cpof idof rdof` as JSON.
 *
 * Returns {number, now, fates, jobs, more, limited, due}: a fate for each end (0, or an error code of
 * BullMQ's; -2 and -6: the job is another attempt's), for each taken job {id, run id, its fields},
 * whether more can be taken at once, for how many milliseconds a rate limit holds, and when the next
 * delayed job is due (0: none). A smaller number than the lane's last returns {its number}.
 */
export const stepScript = `
${bullFunctions}
local call, pcall_ = redis.call, redis.pcall
local prefix, short = KEYS[1], ${unknownScripts.length === 0}
local lane, number, consumer, worker, lockMs = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4], ARGV[5]
local wanted, ending = tonumber(ARGV[6]), tonumber(ARGV[7])
local wait, active, events, delayed = prefix .. 'wait', prefix .. 'active', prefix .. 'events', prefix .. 'delayed'
local prioritized, meta, marker, stalled = prefix .. 'prioritized', prefix .. 'meta', prefix .. 'marker', prefix .. 'stalled'
local limiter, pc, paused, completed = prefix .. 'limiter', prefix .. 'pc', prefix .. 'paused', prefix .. 'completed'
local time = call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
-- As text: numbers of this size lose digits when Lua writes them.
local stamp = string.format('%.0f', now)

-- The first write of all: a server that takes none refuses here, before anything is changed; and one
-- without memory allows this command, and with it those that follow.
call('PEXPIRE', lane, ${answerKeptMs})

local function fieldsOf(id)
  local fields = pcall_('HMGET', prefix .. id, '${jobFields.join("', '")}')
  if fields.err then return end
  return fields
end

local bytes = 0
local function load(id, run, fields)
  local data = fields[1]
  if data then
    if #data > ${largePayloadBytes} then fields[1] = 1 else bytes = bytes + #data end
  end
  return { id, run, fields }
end

local noted = call('GET', lane)
if noted then
  local last, text = string.match(noted, '^(%d+) (.*)$')
  if tonumber(last) > number then return { tonumber(last) } end
  if tonumber(last) == number then
    local jobs = {}
    local fates, begun, limited = unpack(cmsgpack.unpack(text))
    for n = 1, #begun, 2 do
      local id, run = begun[n], begun[n + 1]
      if pcall_('GET', prefix .. id .. ':lock') == run then
        local fields = fieldsOf(id)
        if fields then jobs[#jobs + 1] = load(id, run, fields) end
      end
    end
    return { number, stamp, fates, jobs, 1, limited, 0 }
  end
end

local settings = call('HMGET', meta, 'opts.maxLenEvents', 'paused', 'concurrency', 'max')
local maxEvents = settings[1]
if not maxEvents then
  maxEvents = '10000'
  call('HSET', meta, 'opts.maxLenEvents', maxEvents)
end

-- Ends.
local fates, first, locks = {}, 8 + wanted, {}
for n = 1, ending do locks[n] = prefix .. ARGV[first + (n - 1) * ${argumentsPerEnd} + 1] .. ':lock' end
local held = ending > 0 and call('MGET', unpack(locks)) or {}

local function keepOf(text)
  local age, count, limit = string.match(text, '^(%S+) (%S+) (%S+)$')
  return { age = tonumber(age), count = tonumber(count), limit = tonumber(limit) }
end

local function finished(id, run, field, value, target, keep, parent, fields)
  local options = cjson.decode(parent)
  options.token, options.keepJobs, options.lockDuration = run, keep, tonumber(lockMs)
  options.name, options.maxMetricsSize = worker, ''
  return moveToFinished(
    { wait, active, prioritized, events, stalled, limiter, delayed, paused, meta, pc, prefix .. target,
      prefix .. id, prefix .. 'metrics:' .. target, marker },
    { id, stamp, field, value, target, '0', prefix, cmsgpack.pack(options), fields and cmsgpack.pack(fields) or '' })
end

local ways = {}
function ways.c(id, run, result, keep)
  return finished(id, run, 'returnvalue', result, 'completed', keepOf(keep), '{"attempts":1}')
end
function ways.f(id, run, reason, keep, stacks, parent)
  return finished(id, run, 'failedReason', reason, 'failed', keepOf(keep), parent,
    { 'failedReason', reason, 'stacktrace', stacks })
end
function ways.u(id, run, reason, keep, repairs)
  for field, value in pairs(cjson.decode(repairs)) do
    if value then call('HSET', prefix .. id, field, value) else call('HDEL', prefix .. id, field) end
  end
  return finished(id, run, 'failedReason', reason, 'failed', keepOf(keep), '{"attempts":1}')
end
function ways.r(id, run, reason, delay, stacks, push)
  local fields = cmsgpack.pack({ 'failedReason', reason, 'stacktrace', stacks })
  if tonumber(delay) > 0 then
    return moveToDelayed(
      { marker, active, prioritized, delayed, prefix .. id, events, meta, stalled, wait, limiter, pc },
      { prefix, stamp, id, run, delay, '0', fields, '0', '' })
  end
  return retryJob(
    { active, wait, paused, prefix .. id, meta, events, delayed, prioritized, pc, marker, stalled },
    { prefix, stamp, push .. 'PUSH', id, run, fields })
end
function ways.d(id, run, _, delay)
  return moveToDelayed(
    { marker, active, prioritized, delayed, prefix .. id, events, meta, stalled, wait, limiter, pc },
    { prefix, stamp, id, run, delay, '1', '', '0', '' })
end
function ways.w(id, run)
  moveJobFromActiveToWait(
    { active, wait, stalled, paused, meta, limiter, prioritized, marker, events },
    { id, run, prefix .. id })
  -- BullMQ sets no marker for one with a priority: the next would begin when somebody happens to look.
  call('ZADD', marker, 0, '0')
  return 0
end

-- What cannot be ended by BullMQ's script, since one of its keys has another type: off the lists at least.
local function strip(id)
  call('LREM', active, 1, id)
  call('SREM', stalled, id)
  pcall_('DEL', prefix .. id .. ':lock')
  pcall_('HSET', prefix .. id, 'failedReason', 'its keys cannot be read', 'finishedOn', stamp)
  call('ZADD', prefix .. 'failed', stamp, id)
  call('XADD', events, 'MAXLEN', '~', maxEvents, '*', 'event', 'failed', 'jobId', id,
    'failedReason', 'its keys cannot be read', 'prev', 'active')
  return 0
end

-- Jobs that complete the short way, together: what is asked and written once for all is not for each.
local plain = { locks = {}, ids = {}, scores = {} }
local victims, victimIds = {}, {}
local keepText, mayComplete = false, short
local function prepareRetention(text, count)
  keepText = text
  local keep = keepOf(text)
  if not keep.count or keep.count <= 0 or keep.limit or (keep.age and keep.age <= 0) then return false end
  local over = call('ZCARD', completed) + count - keep.count
  local ids = over > 0 and call('ZRANGE', completed, 0, math.min(over, ${removedPerCall}) - 1) or {}
  if keep.age then
    local old = call('ZRANGEBYSCORE', completed, '-inf', string.format('%.0f', now - keep.age * 1000),
      'LIMIT', 0, ${removedPerCall})
    if #old > #ids then ids = old end
  end
  for n, id in ipairs(ids) do
    if pcall_('HEXISTS', prefix .. id, 'parentKey') ~= 0 then return false end
    local key = prefix .. id
    for _, name in ipairs({ '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }) do
      victims[#victims + 1] = key .. name
    end
    victimIds[n] = id
  end
  return true
end

local completing = 0
for n = 1, ending do
  local at = first + (n - 1) * ${argumentsPerEnd}
  if ARGV[at] == 'c' then
    completing = completing + 1
    if keepText == false then keepText = ARGV[at + 5] elseif keepText ~= ARGV[at + 5] then mayComplete = false end
  end
end
if completing > 0 and mayComplete then mayComplete = prepareRetention(keepText, completing) end

local endedShort = false
for n = 1, ending do
  local at = first + (n - 1) * ${argumentsPerEnd}
  local kind, id, run, starts = ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local key, lock = prefix .. id, locks[n]
  local known = pcall_('HMGET', key, 'name', 'parentKey', 'deid', 'atm', '${runField}', 'ats', 'finishedOn', 'parent')
  local fate
  if known.err then
    fate = strip(id)
  elseif held[n] ~= run then
    if held[n] then
      fate = -6
    elseif known[5] ~= run or known[6] ~= starts then
      fate = -2
    elseif known[7] then
      fate = 0
    else
      -- Its lock ran out, and nobody has taken it since: it is still this attempt's.
      call('SET', lock, run, 'PX', lockMs)
    end
  end
  if not fate and kind == 'c' and mayComplete and known[1] and not known[2] and not known[3]
    and call('EXISTS', key .. ':dependencies', key .. ':unsuccessful') == 0 then
    if call('LREM', active, 1, id) > 0 then
      local result = ARGV[at + 4]
      plain.locks[#plain.locks + 1], plain.ids[#plain.ids + 1] = lock, id
      plain.scores[#plain.scores + 1], plain.scores[#plain.scores + 2] = stamp, id
      call('HSET', key, 'atm', (tonumber(known[4]) or 0) + 1, 'returnvalue', result, 'finishedOn', stamp)
      call('XADD', events, 'MAXLEN', '~', maxEvents, '*', 'event', 'completed', 'jobId', id,
        'returnvalue', #result > ${eventTextBytes} and 'null' or result, 'prev', 'active')
      fate = 0
    else
      fate = -3
    end
  end
  if not fate then
    -- BullMQ's scripts throw at these, when the lock is gone already.
    if known[8] and not pcall(cjson.decode, known[8]) then call('HDEL', key, 'parent') end
    if known[4] and not string.match(known[4], '^-?%d+$') then call('HSET', key, 'atm', 0) end
    local done, reply = pcall(ways[kind], id, run, unpack(ARGV, at + 4, at + 7))
    fate = done and reply or strip(id)
  end
  fates[n] = fate
end
if #plain.ids > 0 then
  endedShort = true
  call('DEL', unpack(plain.locks))
  call('SREM', stalled, unpack(plain.ids))
  call('ZADD', completed, unpack(plain.scores))
  for from = 1, #victims, 6000 do call('DEL', unpack(victims, from, math.min(from + 5999, #victims))) end
  if #victimIds > 0 then call('ZREM', completed, unpack(victimIds)) end
end

-- Taking.
local jobs, taken, more, limited, due, badStarts = {}, {}, 0, 0, 0, {}
local function takeLong(run)
  local reply = moveToActive(
    { wait, active, prioritized, events, stalled, limiter, delayed, paused, meta, pc, marker },
    { prefix, stamp, cmsgpack.pack({ token = run, lockDuration = tonumber(lockMs), name = worker }) })
  if type(reply[1]) == 'table' then
    local id = reply[2]
    call('HSET', prefix .. id, '${runField}', run, '${consumerField}', consumer)
    local fields = fieldsOf(id)
    if fields then
      fields[6] = badStarts[id] or fields[6]
      jobs[#jobs + 1] = load(id, run, fields)
    end
    taken[#taken + 1], taken[#taken + 2] = id, run
    return true
  end
  limited = reply[3]
  return false
end

-- Ids whose key is gone, or is no hash, would break the script after it had begun to write.
local function drop(list, id)
  if list == wait then call('LREM', wait, -1, id) else call('ZREM', prioritized, id) end
  jobs[#jobs + 1] = { id, '', {} }
end
local function sound(id)
  local known = pcall_('HMGET', prefix .. id, 'name', 'ats')
  if known.err or not known[1] then return false end
  if known[2] and not string.match(known[2], '^%d+$') then
    -- BullMQ's script would throw at it. The consumer is told what stood there, and fails the job.
    badStarts[id] = known[2]
    call('HSET', prefix .. id, 'ats', 0)
  end
  -- It stands in line twice, and its other place was taken: a second run would cover the lock of the first.
  if call('EXISTS', prefix .. id .. ':lock') == 1 then
    if call('LPOS', active, id) then return false end
    call('DEL', prefix .. id .. ':lock')
  end
  return true
end

if wanted > 0 and not settings[2] then
  local waiting = call('LLEN', wait)
  local room, count = wanted, 0
  -- Beyond what it has ended, at most half of what waits: the others are another process's.
  if wanted > ending then room = math.min(wanted, ending + math.max(1, math.ceil((waiting - ending) / 2))) end
  local isDue = #call('ZRANGEBYSCORE', delayed, 0, string.format('%.0f', (now + 1) * 4096 - 1), 'LIMIT', 0, 1) > 0
  local limits = settings[3] or settings[4] or isDue or not short
  if not limits and waiting > 0 then
    local ids, seen = call('LRANGE', wait, -room, -1), {}
    local found, gone = {}, 0
    for n = #ids, 1, -1 do
      local id = ids[n]
      local free = string.sub(id, 1, 2) ~= '0:' and not seen[id] and pcall_('GET', prefix .. id .. ':lock') == false
      local fields = free and fieldsOf(id)
      seen[id] = true
      if fields and fields[2] and (not fields[6] or string.match(fields[6], '^%d+$')) then
        if bytes > ${replyBytes} then break end
        found[#found + 1] = load(id, ARGV[7 + #found + 1], fields)
      elseif #found == 0 then
        break
      else
        break
      end
      gone = gone + 1
    end
    if #found > 0 then
      local moved = {}
      for n, job in ipairs(found) do moved[n] = job[1] end
      call('LTRIM', wait, 0, -gone - 1)
      call('LPUSH', active, unpack(moved))
      for _, job in ipairs(found) do
        local id, run, fields = job[1], job[2], job[3]
        local starts = string.format('%.0f', (tonumber(fields[6]) or 0) + 1)
        fields[6] = starts
        call('SET', prefix .. id .. ':lock', run, 'PX', lockMs)
        call('XADD', events, '*', 'event', 'active', 'jobId', id, 'prev', 'waiting')
        call('HSET', prefix .. id, 'processedOn', stamp, 'pb', worker, 'ats', starts,
          '${runField}', run, '${consumerField}', consumer)
        jobs[#jobs + 1] = job
        taken[#taken + 1], taken[#taken + 2] = id, run
      end
      call('ZADD', marker, 0, '0')
      count = #found
    end
  end
  -- What the short way leaves: limits, due jobs, priorities, and the next in line that is no sound job.
  while count < room and bytes <= ${replyBytes} do
    local id = call('LINDEX', wait, -1)
    if id then
      if string.sub(id, 1, 2) ~= '0:' and not sound(id) then
        drop(wait, id)
        id = false
      end
    else
      id = call('ZRANGE', prioritized, 0, 0)[1]
      if id and not sound(id) then
        drop(prioritized, id)
        id = false
      end
    end
    if id ~= false then
      if not id and not isDue and not settings[3] and not settings[4] then
        call('DEL', pc)
        break
      end
      if not takeLong(ARGV[7 + count + 1]) then break end
      isDue = false
      count = count + 1
    end
  end
  if count >= room and (call('LLEN', wait) > 0 or call('EXISTS', prioritized) == 1) then more = 1 end
  local score = more == 0 and call('ZRANGE', delayed, 0, 0, 'WITHSCORES')[2]
  if score then due = math.floor(tonumber(score) / 4096) end
end
-- As BullMQ has it: a call that asked for a job and learned of a limit, a pause or a delay is not the last word.
local silent = wanted > 0 and (settings[2] or limited > 0 or call('EXISTS', delayed) == 1)
if endedShort and not silent and #taken == 0 and call('LLEN', wait) == 0 and call('LLEN', active) == 0
  and call('ZCARD', prioritized) == 0 then
  call('XADD', events, '*', 'event', 'drained')
end

call('SET', lane, ARGV[2] .. ' ' .. cmsgpack.pack({ fates, taken, limited }), 'PX', ${answerKeptMs})
return { number, stamp, fates, jobs, more, limited, due }
`
