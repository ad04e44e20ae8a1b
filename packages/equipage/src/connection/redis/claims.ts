import type { IRedisTransaction } from 'bullmq'
import * as bull from 'bullmq/dist/cjs/scripts/index.js'
import type { ChainableCommander, Redis } from 'ioredis'
import type { TickClaim } from '../connection.ts'

/** The hashes of the schedules' state: field is the schedule's name. */
export interface ClaimKeys {
  readonly definitions: string
  readonly anchors: string
  readonly cursors: string
}

/** The id of the added job, or how the claim in front of it ended. */
export type ScriptReply =
  | string
  | ['claimed', id: string]
  | ['taken', cursor: string]
  | ['superseded']
  | ['forgotten']

/** BullMQ's scripts that add a job, in all its forms, and the one that adds none. */
const nothing = { name: 'nothing', keys: 0, content: "return ''" }
const adding = [bull.addStandardJob, bull.addDelayedJob, bull.addPrioritizedJob, nothing]

const claimCommand = (script: string) => `equipageClaim:${script}`

/**
 * A script of BullMQ's with the claim of a tick in front of it: the cursor moves only from the
 * tick before, only under the same definition, and only together with the job. After the
 * script's own keys: the definitions and the cursors. After its own arguments: the schedule's
 * name, its definition, the cursor as the claim knows it, and the tick.
 * Returns {'claimed', job id}, {'taken', cursor}, {'superseded'}, {'forgotten'}, or a
 * negative number of BullMQ's own.
 */
function withClaim(content: string): string {
  return `
local function add()
${content}
end
local definitions, cursors = KEYS[#KEYS - 1], KEYS[#KEYS]
local name, definition, from, instant = ARGV[#ARGV - 3], ARGV[#ARGV - 2], ARGV[#ARGV - 1], ARGV[#ARGV]
local known = redis.call('HGET', definitions, name)
local cursor = redis.call('HGET', cursors, name)
if not known or not cursor then return {'forgotten'} end
if known ~= definition then return {'superseded'} end
if cursor ~= from then return {'taken', cursor} end
local id = add()
if type(id) == 'number' and id < 0 then return id end
redis.call('HSET', cursors, name, instant)
return {'claimed', id}
`
}

/** Makes the claiming scripts known to a client and to its pipelines. */
export function defineClaims(client: Redis): void {
  for (const { name, keys, content } of adding) {
    client.defineCommand(claimCommand(name), { numberOfKeys: keys + 2, lua: withClaim(content) })
  }
}

type Commands = Record<string, (args: unknown[]) => unknown>

/**
 * A pipeline as BullMQ's backend sees it: a command that adds a job becomes the same one behind
 * its claim.
 */
export function claimingClient(
  pipeline: ChainableCommander,
  claim: TickClaim | undefined,
  keys: ClaimKeys,
): IRedisTransaction {
  const commands = pipeline as unknown as Commands
  // Adding a job runs one command, and asks nothing else of its client.
  const runner = {
    runCommand(versioned: string, args: unknown[]) {
      if (!claim) return commands[versioned]?.(args)
      const name = versioned.slice(0, versioned.lastIndexOf(':'))
      const script = adding.find(candidate => candidate.name === name)
      if (!script) throw new Error(`a tick cannot push through ${name}`)
      const own = args.slice(0, script.keys)
      const values = args.slice(script.keys)
      return commands[claimCommand(name)]?.([
        ...own,
        keys.definitions,
        keys.cursors,
        ...values,
        ...claimValues(claim),
      ])
    },
  }
  return runner as unknown as IRedisTransaction
}

/** Decides a tick that pushes nothing. */
export async function claimAlone(
  client: Redis,
  claim: TickClaim,
  keys: ClaimKeys,
): Promise<ScriptReply> {
  const commands = client as unknown as Record<string, (args: unknown[]) => Promise<ScriptReply>>
  const args = [keys.definitions, keys.cursors, ...claimValues(claim)]
  const reply = await commands[claimCommand(nothing.name)]?.(args)
  return reply ?? ['forgotten']
}

function claimValues(claim: TickClaim): string[] {
  return [claim.name, claim.definition, String(claim.from), String(claim.instant)]
}
