import type { TickClaim } from '../../tick-memory.ts'
import type { RedisClient } from '../server/index.ts'
import type { ClaimSetting, ScriptReply } from './claims.ts'
import { rowText } from './ledger-text.ts'
import { addPlainJobs, type Commander, type PlainPush, run } from './plain-pushes.ts'

/** A claim whose job is plain, and whose schedule has no overlap policy. */
export interface PlainClaim extends PlainPush {
  readonly claim: TickClaim
}

const command = 'equipageClaimPlain'

/**
 * What the script in front of BullMQ's does (`claims.ts`), for many schedules at once, each of
 * which stands there once: each claim is decided by itself, and those that hold push their jobs.
 * KEYS: what the queue's keys begin with, the base of the schedules' keys.
 * ARGV: the timestamp, for how long and how many rows are kept, then of each claim: name, definition,
 * from, to, tick; the job's name, data and options; how many rows, and each with its tick.
 * Returns a reply for each claim, in their order; one may be an error.
 */
const script = `${addPlainJobs}
local base = KEYS[2]
local keepMs, keepCount = tonumber(ARGV[2]), ARGV[3]
local names, starts = {}, {}
local at = 4
while at <= #ARGV do
  names[#names + 1], starts[#starts + 1] = ARGV[at], at
  at = at + 9 + 2 * tonumber(ARGV[at + 8])
end
local function of(field) return call('HMGET', base .. field, unpack(names)) end
local known, cursors, waiting, paused = of('definitions'), of('cursors'), of('waiting'), of('paused')
local replies, held, jobs = {}, {}, {}
for n = 1, #names do
  local at = starts[n]
  if not known[n] or not cursors[n] then replies[n] = {'forgotten'}
  elseif known[n] ~= ARGV[at + 1] then replies[n] = {'superseded'}
  elseif cursors[n] ~= ARGV[at + 2] then replies[n] = {'already-claimed', cursors[n]}
  elseif paused[n] then replies[n] = {'paused'}
  else
    held[#held + 1], jobs[#jobs + 1] = n, at + 5
  end
end
if #held == 0 then return replies end
local ids = add(KEYS[1], ARGV[1], jobs)
local moved = {}
for index = 1, #held do
  moved[2 * index - 1], moved[2 * index] = names[held[index]], ARGV[starts[held[index]] + 3]
end
call('HSET', base .. 'cursors', unpack(moved))
-- What is wrong with the keys of one schedule is answered to its claim alone.
local failed
local function write(...)
  local reply = redis.pcall(...)
  if type(reply) == 'table' and reply.err then failed = reply end
end
for index = 1, #held do
  failed = nil
  local n = held[index]
  local at, name, id = starts[n], names[n], ids[index]
  if waiting[n] and tonumber(waiting[n]) <= tonumber(ARGV[at + 3]) then call('HDEL', base .. 'waiting', name) end
  local ledger, count, latest = base .. 'ledger:' .. name, tonumber(ARGV[at + 8]), nil
  for row = at + 9, at + 7 + 2 * count, 2 do
    latest = ARGV[row]
    local text = ' ' .. ARGV[row + 1]
    if latest == ARGV[at + 4] then text = id .. text end
    write('ZREMRANGEBYSCORE', ledger, latest, latest)
    write('ZADD', ledger, latest, text)
  end
  if latest then
    write('ZREMRANGEBYRANK', ledger, 0, '-' .. (keepCount + 1))
    write('ZREMRANGEBYSCORE', ledger, '-inf', '(' .. string.format('%.0f', latest - keepMs))
  end
  replies[n] = failed or {'claimed', id}
end
return replies
`

/** Makes the script known to a client and to its pipelines. */
export function definePlainClaims(client: RedisClient): void {
  client.defineCommand(command, { numberOfKeys: 2, lua: script })
}

/**
 * Decides ticks and pushes their jobs onto one queue, in one command.
 * @param queueKey what the queue's keys begin with, without the colon
 * @param timestamp when they are pushed, epoch milliseconds
 * @param claims of schedules that differ
 */
export async function claimPlain(
  commander: Commander,
  queueKey: string,
  timestamp: number,
  claims: readonly PlainClaim[],
  { base, retention }: ClaimSetting,
): Promise<ScriptReply[]> {
  const { ageMs, count } = retention
  const args: (string | number)[] = [`${queueKey}:`, base, timestamp, ageMs, count]
  for (const { claim, name, data, options } of claims) {
    const { definition, from, to, run, rows } = claim
    args.push(claim.name, definition, from, to, run?.tick ?? to, name, data, options, rows.length)
    for (const row of rows) args.push(row.tick, rowText(row))
  }
  return (await run(commander, command, args)) as ScriptReply[]
}
