import type { IRedisTransaction } from 'bullmq'
import * as bull from 'bullmq/dist/cjs/scripts/index.js'
import { callLeaseMs, type LedgerRetention, type TickClaim } from '../../tick-memory.ts'
import type { RedisClient } from '../server/index.ts'
import { declaredKeys } from './declared-keys.ts'
import { groupKey } from './group-key.ts'
import { rowText } from './ledger-text.ts'
import type { Commander } from './plain-pushes.ts'
import { guarded } from './push-guards.ts'

/** What a claim is made with, beside what it claims. */
export interface ClaimSetting {
  /** What the keys of the schedules' state begin with. */
  readonly base: string
  /** What BullMQ's keys begin with. */
  readonly prefix: string
  readonly retention: LedgerRetention
}

/**
 * The id of the added job, or how the claim in front of it ended. `refused`: the job was not added,
 * since another is in its way; a claim has decided its ticks all the same.
 */
export type ScriptReply =
  | string
  | ['claimed', id: string]
  | ['refused', holder: string]
  | ['already-claimed', cursor: string]
  | ['queued', tick: string]
  | ['paused' | 'overlapping' | 'superseded' | 'forgotten']

/** BullMQ's scripts that add a job, in all its forms, and the one that adds none: its key is there for `declaredKeys`. */
const nothing = { name: 'nothing', keys: 1, content: "return ''" }
const adding = [bull.addStandardJob, bull.addDelayedJob, bull.addPrioritizedJob, nothing]

const claimCommand = (script: string) => `equipageClaim:${script}`
const guardCommand = (script: string) => `equipageGuard:${script}`

/**
 * A script of BullMQ's with the claim of a tick in front of it: everything happens, or nothing.
 * After the script's own keys: the base of the schedules' keys. After its own arguments: those that
 * `claimValues` gives.
 * Returns {'claimed', job id}, {'refused', id of the conflicting job}, {'already-claimed', cursor}, {'queued', tick}, {'paused'}, {'overlapping'},
 * {'superseded'}, {'forgotten'}, or a negative number of BullMQ's own.
 */
function withClaim(content: string): string {
  return `
local function add()
${guarded(content)}
end
local base, last = KEYS[#KEYS], #ARGV
local count = tonumber(ARGV[last])
local at = last - 2 * count - 13
local name, definition, from, to = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
local kind, tick, overlap, own, later = ARGV[at + 5], ARGV[at + 6], ARGV[at + 7], ARGV[at + 8], ARGV[at + 9]
local lease, keepMs, keepCount = tonumber(ARGV[at + 10]), tonumber(ARGV[at + 11]), ARGV[at + 12]
local known = redis.call('HGET', base .. 'definitions', name)
local cursor = redis.call('HGET', base .. 'cursors', name)
if not known or not cursor then return {'forgotten'} end
if known ~= definition then return {'superseded'} end
if cursor ~= from then return {'already-claimed', cursor} end
local call = tick .. ' ' .. name
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function unfinished(holder)
  if string.sub(holder, 1, 9) == 'function ' then
    local ends = redis.call('ZSCORE', base .. 'function-leases', string.sub(holder, 10))
    return ends and tonumber(ends) > now()
  end
  for key in string.gmatch(holder, '[^\\n]+') do
    if redis.call('EXISTS', key) == 1 and redis.call('HEXISTS', key, 'finishedOn') == 0 then return true end
  end
  return false
end
local waiting = redis.call('HGET', base .. 'waiting', name)
if kind ~= 'none' then
  if redis.call('HEXISTS', base .. 'paused', name) == 1 then return {'paused'} end
  if overlap ~= '' then
    if overlap == 'queue' and waiting and waiting ~= tick and tonumber(waiting) > tonumber(from) then
      return {'queued', waiting}
    end
    local holder = redis.call('HGET', base .. 'holders', name)
    if holder and unfinished(holder) then
      if overlap == 'queue' then redis.call('HSET', base .. 'waiting', name, tick) end
      return {'overlapping'}
    end
  end
end
local id, refused = '', false
if kind == 'job' then
  id = add()
  if type(id) == 'table' then id, refused = id[2], true end
  if type(id) == 'number' and id < 0 then return id end
elseif kind == 'function' then
  redis.call('ZADD', base .. 'function-leases', now() + lease, call)
end
if overlap ~= '' and not refused then
  local holder = 'function ' .. call
  if kind == 'job' then holder = own .. id .. '\\n' .. later end
  redis.call('HSET', base .. 'holders', name, holder)
end
if waiting and tonumber(waiting) <= tonumber(to) then redis.call('HDEL', base .. 'waiting', name) end
redis.call('HSET', base .. 'cursors', name, to)
local ledger = base .. 'ledger:' .. name
for i = at + 13, last - 2, 2 do
  local row = ARGV[i + 1]
  if refused and ARGV[i] == tick then
    local fields = cjson.decode(row)
    fields[3], fields[4] = 'skipped', 'refused'
    row = cjson.encode(fields)
  end
  if ARGV[i] == tick then row = id .. ' ' .. row else row = ' ' .. row end
  -- In place of an older one: a schedule that starts anew may come to a tick again.
  redis.call('ZREMRANGEBYSCORE', ledger, ARGV[i], ARGV[i])
  redis.call('ZADD', ledger, ARGV[i], row)
end
if count > 0 then
  redis.call('ZREMRANGEBYRANK', ledger, 0, '-' .. (keepCount + 1))
  redis.call('ZREMRANGEBYSCORE', ledger, '-inf', '(' .. string.format('%.0f', ARGV[last - 2] - keepMs))
end
return {refused and 'refused' or 'claimed', id}
`
}

/** Makes the claiming and the guarding scripts known to a client and to its pipelines. */
export function defineClaims(client: RedisClient): void {
  for (const { name, keys, content } of adding) {
    client.defineCommand(claimCommand(name), { numberOfKeys: keys + 1, lua: withClaim(content) })
    client.defineCommand(guardCommand(name), { numberOfKeys: keys, lua: guarded(content) })
  }
}

type Commands = Record<string, (args: unknown[]) => unknown>

/**
 * A pipeline as BullMQ's backend sees it: a command that adds a job becomes the same one behind
 * its claim, or behind its guard.
 */
export function claimingClient(
  commander: Commander,
  claim: TickClaim | undefined,
  isGuarded: boolean,
  setting: ClaimSetting,
): IRedisTransaction {
  const commands = commander as unknown as Commands
  // Adding a job runs one command, and asks nothing else of its client.
  const runner = {
    runCommand(versioned: string, args: unknown[]) {
      if (!claim && !isGuarded) return commands[versioned]?.(args)
      const name = versioned.slice(0, versioned.lastIndexOf(':'))
      const script = adding.find(candidate => candidate.name === name)
      if (!script) throw new Error(`a job with a claim or a guard cannot be added by ${name}`)
      if (!claim) return commands[guardCommand(name)]?.(args)
      const own = args.slice(0, script.keys)
      const values = args.slice(script.keys)
      const all = [...own, setting.base, ...values, ...claimValues(claim, setting)]
      return commands[claimCommand(name)]?.(all)
    },
  }
  return runner as unknown as IRedisTransaction
}

/** Decides ticks that push nothing. */
export async function claimAlone(
  client: RedisClient,
  claim: TickClaim,
  setting: ClaimSetting,
): Promise<ScriptReply> {
  const commands = client as unknown as Record<string, (args: unknown[]) => Promise<ScriptReply>>
  const [base, other] = declaredKeys(setting.base)
  const args = [other, base, ...claimValues(claim, setting)]
  const reply = await commands[claimCommand(nothing.name)]?.(args)
  return reply ?? ['forgotten']
}

/** Twelve fields, two for each row, and how many rows there are. */
function claimValues(claim: TickClaim, { prefix, retention }: ClaimSetting): string[] {
  const { run, rows } = claim
  const jobKey = (queue: string, id: string) => `${prefix}:${queue}:${id}`
  return [
    claim.name,
    claim.definition,
    String(claim.from),
    String(claim.to),
    run ? (run.job ? 'job' : 'function') : 'none',
    run ? String(run.tick) : '',
    run?.overlap ?? '',
    run?.job ? jobKey(run.job.queue, '') : '',
    [
      ...(run?.later ?? []).map(({ queue, id }) => jobKey(queue, id)),
      ...(run?.group === undefined ? [] : [groupKey(prefix, run.group)]),
    ].join('\n'),
    String(callLeaseMs),
    String(retention.ageMs),
    String(retention.count),
    ...rows.flatMap(row => [String(row.tick), rowText(row)]),
    String(rows.length),
  ]
}
