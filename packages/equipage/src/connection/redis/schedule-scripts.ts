/** What several scripts begin with. KEYS[1] is the base of the schedules' keys. */
const preamble = `
local base = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function text(number) return string.format('%.0f', number) end
-- Whether a process of a younger deployment is alive: one that was registered for the first time later.
local function youngerLives(deployment)
  local own = tonumber(redis.call('ZSCORE', base .. 'deployments', deployment) or 0)
  for _, process in ipairs(redis.call('ZRANGEBYSCORE', base .. 'schedulers', '(' .. text(now), '+inf')) do
    local other = redis.call('HGET', base .. 'scheduler-deployments', process)
    local score = other and redis.call('ZSCORE', base .. 'deployments', other)
    if score and tonumber(score) > own then return true end
  end
  return false
end
local function leave(process)
  redis.call('ZREM', base .. 'schedulers', process)
  redis.call('HDEL', base .. 'scheduler-deployments', process)
end
-- A process says that it is alive.
local function alive(deployment, process, aliveMs)
  for _, gone in ipairs(redis.call('ZRANGEBYSCORE', base .. 'schedulers', '-inf', text(now))) do leave(gone) end
  redis.call('SET', base .. 'last-heartbeat', text(now))
  redis.call('ZADD', base .. 'schedulers', now + aliveMs, process)
  redis.call('HSET', base .. 'scheduler-deployments', process, deployment)
end
-- Nobody fired ticks in a span, unless another process was alive.
local function down(own, from, to, spans)
  for _, process in ipairs(redis.call('ZRANGEBYSCORE', base .. 'schedulers', '(' .. to, '+inf')) do
    if process ~= own then return end
  end
  redis.call('RPUSH', base .. 'downtimes', from .. ' ' .. to)
  redis.call('LTRIM', base .. 'downtimes', -spans, -1)
end
-- Changes the row of a tick, and says whether it is there.
local function amend(name, tick, change)
  local ledger = base .. 'ledger:' .. name
  local row = redis.call('ZRANGEBYSCORE', ledger, tick, tick)[1]
  if not row then return end
  local blank = string.find(row, ' ', 1, true)
  local fields = cjson.decode(string.sub(row, blank + 1))
  change(fields)
  redis.call('ZREM', ledger, row)
  redis.call('ZADD', ledger, tick, string.sub(row, 1, blank) .. cjson.encode(fields))
end
local function endPause(name)
  local pauses = base .. 'pauses:' .. name
  local latest = redis.call('LINDEX', pauses, -1)
  if latest then redis.call('LSET', pauses, -1, latest .. text(now)) end
end
local function nameAndTick(call)
  local blank = string.find(call, ' ', 1, true)
  return string.sub(call, blank + 1), string.sub(call, 1, blank - 1)
end
`

/**
 * ARGV: deployment, process, aliveMs, spans, the shortest downtime in milliseconds, how many
 * deployments are remembered, then name and definition of each schedule.
 * Returns anchor and cursor of each as text, both empty where another deployment is current and has
 * the schedule otherwise.
 */
export const registerScript = `${preamble}
local deployment, process = ARGV[1], ARGV[2]
local last = redis.call('GET', base .. 'last-heartbeat')
if last and now - last > tonumber(ARGV[5]) then down(process, last, text(now), tonumber(ARGV[4])) end
alive(deployment, process, tonumber(ARGV[3]))
if not redis.call('ZSCORE', base .. 'deployments', deployment) then
  redis.call('ZADD', base .. 'deployments', redis.call('INCR', base .. 'deployment-count'), deployment)
  redis.call('ZREMRANGEBYRANK', base .. 'deployments', 0, -1 - tonumber(ARGV[6]))
end
local isCurrent = not youngerLives(deployment)
if isCurrent then redis.call('SET', base .. 'current-deployment', deployment) end
local function timing(definition) return string.match(definition, '^(.*)#') or definition end
local definitions, anchors, cursors = base .. 'definitions', base .. 'anchors', base .. 'cursors'
local states = {}
for i = 7, #ARGV, 2 do
  local name, definition = ARGV[i], ARGV[i + 1]
  local known = redis.call('HGET', definitions, name)
  local cursor = redis.call('HGET', cursors, name)
  if known ~= definition or not cursor then
    if not isCurrent then
      cursor = ''
    else
      if not known or not cursor or timing(known) ~= timing(definition) then
        cursor = text(now)
        redis.call('HSET', anchors, name, cursor)
        redis.call('HSET', cursors, name, cursor)
        redis.call('HDEL', base .. 'waiting', name)
        redis.call('PERSIST', base .. 'ledger:' .. name)
        redis.call('PERSIST', base .. 'pauses:' .. name)
      end
      redis.call('HSET', definitions, name, definition)
    end
  end
  states[#states + 1] = cursor ~= '' and redis.call('HGET', anchors, name) or ''
  states[#states + 1] = cursor
end
return states
`

/** Returns the last heartbeat as text when nobody is alive; else nothing. */
export const silentScript = `${preamble}
if redis.call('ZCOUNT', base .. 'schedulers', '(' .. text(now), '+inf') > 0 then return false end
return redis.call('GET', base .. 'last-heartbeat')
`

/** ARGV: deployment, how long ledgers of forgotten schedules stay in milliseconds, then the names to forget. */
export const forgetScript = `${preamble}
if redis.call('GET', base .. 'current-deployment') ~= ARGV[1] then return 0 end
for i = 3, #ARGV do
  local name = ARGV[i]
  if redis.call('HEXISTS', base .. 'paused', name) == 1 then endPause(name) end
  for _, key in ipairs({'definitions', 'anchors', 'cursors', 'paused', 'holders', 'waiting'}) do
    redis.call('HDEL', base .. key, name)
  end
  redis.call('PEXPIRE', base .. 'ledger:' .. name, ARGV[2])
  redis.call('PEXPIRE', base .. 'pauses:' .. name, ARGV[2])
end
return 1
`

/**
 * ARGV: deployment, process, aliveMs, spans, leaving ('1' or ''), leaseMs, from and to of an absence
 * (or both empty), how many leases end at once, then the functions that the process runs, each as
 * tick, blank, name.
 * Returns seconds, microseconds, whose deployment is current, the functions whose leases were lost,
 * and those that are interrupted.
 */
export const heartbeatScript = `${preamble}
local deployment, process, lease = ARGV[1], ARGV[2], tonumber(ARGV[6])
local leases = base .. 'function-leases'
if ARGV[7] ~= '' then down(process, ARGV[7], ARGV[8], tonumber(ARGV[4])) end
alive(deployment, process, tonumber(ARGV[3]))
if ARGV[5] == '1' then leave(process) end
local lost, interrupted = {}, {}
for i = 10, #ARGV do
  local ends = redis.call('ZSCORE', leases, ARGV[i])
  if ends and tonumber(ends) > now then
    redis.call('ZADD', leases, now + lease, ARGV[i])
  else
    lost[#lost + 1] = ARGV[i]
  end
end
for _, call in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', text(now), 'LIMIT', 0, ARGV[9])) do
  redis.call('ZREM', leases, call)
  local name, tick = nameAndTick(call)
  amend(name, tick, function (fields)
    fields[3], fields[4] = 'failed', 'interrupted'
  end)
  interrupted[#interrupted + 1] = call
end
local current = 'none'
if redis.call('GET', base .. 'current-deployment') == deployment then
  current = 'this'
elseif youngerLives(deployment) then
  current = 'another'
end
return {time[1], time[2], current, lost, interrupted}
`

/** ARGV: name, tick, fate, error (empty for none), duration in milliseconds. */
export const endRunScript = `${preamble}
local name, tick, fate = ARGV[1], ARGV[2], ARGV[3]
redis.call('ZREM', base .. 'function-leases', tick .. ' ' .. name)
amend(name, tick, function (fields)
  if fields[3] ~= 'fired' then
    fields[3] = fate
    if fate == 'failed' then fields[4] = 'error' elseif fields[4] ~= 'queued' then fields[4] = cjson.null end
    fields[5] = ARGV[4] ~= '' and ARGV[4] or cjson.null
  end
  fields[9] = tonumber(ARGV[5])
end)
`

/** ARGV: name, '1' to pause or '' to resume, spans. Returns 1 when that changed anything. */
export const pauseScript = `${preamble}
local name, pauses = ARGV[1], base .. 'pauses:' .. ARGV[1]
if redis.call('HEXISTS', base .. 'definitions', name) == 0 then return 0 end
if ARGV[2] == '1' then
  if redis.call('HSETNX', base .. 'paused', name, text(now)) == 0 then return 0 end
  redis.call('RPUSH', pauses, text(now) .. ' ')
  redis.call('LTRIM', pauses, -tonumber(ARGV[3]), -1)
  return 1
end
if redis.call('HDEL', base .. 'paused', name) == 0 then return 0 end
endPause(name)
return 1
`

/**
 * Returns seconds and microseconds. As a script with a key: on a Cluster every node has a clock of
 * its own, and the one that ticks are decided on is that of the schedules' keys.
 */
export const timeScript = "return redis.call('TIME')"
