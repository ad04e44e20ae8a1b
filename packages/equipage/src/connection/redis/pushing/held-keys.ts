import type { Job, Queue } from 'bullmq'
import type { RedisClient } from '../server/index.ts'
import { declaredKeys } from './declared-keys.ts'

/** How long a key is held for a job that is about to be retried, should the process die meanwhile. */
const holdMs = 10_000

/**
 * Holds the key of a failed job that is to wait again, unless another job has it.
 * KEYS[1]: the key. ARGV: the job's id, what keys of jobs begin with, how long.
 * Returns the id of the job in the way, or false.
 */
const script = `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then
  local job = ARGV[2] .. holder
  local there = redis.call('EXISTS', job) == 1 and redis.call('HEXISTS', job, 'finishedOn') == 0
  if there or redis.call('PTTL', KEYS[1]) > 0 then return holder end
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return false
`

/** The key of which a job is the only one that waits or runs; undefined when it has none. */
export function heldKey(queue: Queue, { deduplicationId, opts }: Job): string | undefined {
  const { kind } = (opts.deduplication ?? {}) as { kind?: unknown }
  if (deduplicationId === undefined || (kind !== 'unique' && kind !== 'debounce')) return undefined
  return `${queue.toKey('de')}:${deduplicationId}`
}

/** @returns the id of the job in the way; null when the key is this job's now, for ten seconds */
export async function holdKey(
  client: RedisClient,
  key: string,
  jobs: string,
  id: string,
): Promise<string | null> {
  const keys = [key, ...declaredKeys(jobs)]
  return (await client.eval(script, keys.length, ...keys, id, jobs, holdMs)) as string | null
}
