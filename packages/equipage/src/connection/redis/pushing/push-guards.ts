import type { DeduplicationOptions } from 'bullmq'
import type { PushGuard } from '../../../job/index.ts'

/**
 * A guard as BullMQ's deduplication, with what the script in front of its own needs beside it. The
 * key `de:<id>` names the job that waits or runs; BullMQ removes it when that job has finally ended,
 * or is removed, and its tools can read it. A time stands in a key of its own, which runs out.
 */
export function deduplicationOf({ kind, key, forMs }: PushGuard): DeduplicationOptions {
  const timed = kind !== 'debounce' && forMs !== null
  const options: DeduplicationOptions & { kind: string } = {
    id: key,
    kind,
    ...(kind === 'debounce' ? { replace: true } : {}),
    ...(timed ? { for: forMs } : {}),
  }
  return options
}

/**
 * One of BullMQ's scripts that add a job, behind its guard. It decides before BullMQ does, since
 * BullMQ alone refuses a debounced push when the job before it is about to run, and lets go of a
 * unique key too early where that has a time.
 *
 * The script's arguments are BullMQ's own: the first holds the keys' prefix, the job's id, its
 * timestamp and its deduplication key, in these places; the third its options.
 * Returns {'refused', id of the job in the way}, or what BullMQ's script returns.
 */
export function guarded(content: string): string {
  return `
local function conflicting()
  local guard = cmsgpack.unpack(ARGV[3])['de']
  if not guard or not guard['kind'] then return end
  local given = cmsgpack.unpack(ARGV[1])
  local prefix, id, timestamp, key = given[1], given[2], given[4], given[9]
  local holder = redis.call('GET', key)
  if guard['kind'] == 'debounce' then
    if not holder then return end
    local due = redis.call('ZSCORE', prefix .. 'delayed', holder)
    local begun = redis.call('HEXISTS', prefix .. holder, 'ats') == 1
    -- The lowest twelve bits keep the order within a millisecond.
    if begun or not due or math.floor(due / 4096) <= timestamp then redis.call('DEL', key) end
    return
  end
  if holder and guard['kind'] == 'unique' then
    local job = prefix .. holder
    local there = redis.call('EXISTS', job) == 1 and redis.call('HEXISTS', job, 'finishedOn') == 0
    -- A key that runs out belongs to a failed job that is just being retried.
    if there or redis.call('PTTL', key) > 0 then return holder end
  end
  if guard['for'] then
    local time = prefix .. 'equipage:for:' .. guard['id']
    local former = redis.call('GET', time)
    if former then return former end
    redis.call('SET', time, id, 'PX', guard['for'])
  end
  if holder then redis.call('DEL', key) end
end
local holder = conflicting()
if holder then return {'refused', holder} end
${content}
`
}
