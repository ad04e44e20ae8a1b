import type { QueueLimits } from '../../../job/index.ts'
import type { RedisClient } from '../server/index.ts'

/**
 * Writes the limits of a queue where BullMQ looks for them, and takes away those that an earlier
 * definition had left; what somebody else has set for a queue without a definition stays.
 *
 * KEYS: the queue's `meta`. ARGV: concurrency, max and duration, each empty for no limit.
 */
const limitsScript = `
local fields, ours = {'concurrency', 'max', 'duration'}, {}
local before = redis.call('HGET', KEYS[1], 'equipage:limits') or ''
for index, field in ipairs(fields) do
  if ARGV[index] ~= '' then
    redis.call('HSET', KEYS[1], field, ARGV[index])
    ours[#ours + 1] = field
  elseif string.find(before, field, 1, true) then
    redis.call('HDEL', KEYS[1], field)
  end
end
if #ours > 0 then
  redis.call('HSET', KEYS[1], 'equipage:limits', table.concat(ours, ' '))
elseif before ~= '' then
  redis.call('HDEL', KEYS[1], 'equipage:limits')
end
`

/** Makes the limits of a queue hold for all its workers; waits as long as Redis is away. */
export async function writeLimits(
  client: RedisClient,
  prefix: string,
  queue: string,
  { concurrency, rateLimit }: QueueLimits,
): Promise<void> {
  await client.eval(
    limitsScript,
    1,
    `${prefix}:${queue}:meta`,
    concurrency ?? '',
    rateLimit?.max ?? '',
    rateLimit?.perMs ?? '',
  )
}
