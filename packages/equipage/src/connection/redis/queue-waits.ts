import type { QueueWait } from '../connection.ts'
import type { RedisClient } from './server/index.ts'

/**
 * What waits in BullMQ's queues, and since when the next in line do.
 * @param now epoch milliseconds, by the clock of those who push
 */
export function queueWaits(
  client: RedisClient,
  prefix: string,
  queues: readonly string[],
  now: number,
): Promise<QueueWait[]> {
  return Promise.all(
    queues.map(async queue => {
      const key = (name: string) => `${prefix}:${queue}:${name}`
      const [paused, waiting, prioritized, next, firstOfPriority] = await Promise.all([
        client.hexists(key('meta'), 'paused'),
        client.llen(key('wait')),
        client.zcard(key('prioritized')),
        // BullMQ's scripts take the tail of the list, then the lowest score.
        client.lindex(key('wait'), -1),
        client.zrange(key('prioritized'), '0', '0'),
      ])
      if (paused === 1) return { queue, waiting: 0, longestMs: 0 }
      const ids = [next, ...firstOfPriority].filter(id => id !== null)
      const since = await Promise.all(
        ids.map(async id => readySince(await client.hmget(key(id), ...fields))),
      )
      const longestMs = Math.max(0, ...since.flatMap(at => (at === undefined ? [] : [now - at])))
      return { queue, waiting: waiting + prioritized, longestMs }
    }),
  )
}

const fields = ['timestamp', 'opts', 'processedOn'] as const

/**
 * From when a job may run, as far as its hash knows: the end of the delay that it was pushed with, or
 * the begin of its last attempt, which a retry by hand wipes out.
 */
function readySince([timestamp, opts, processedOn]: (string | null)[]): number | undefined {
  const known = [Number(timestamp ?? Number.NaN) + delayIn(opts ?? '{}'), Number(processedOn ?? 0)]
  const at = Math.max(...known)
  return Number.isFinite(at) ? at : undefined
}

function delayIn(opts: string): number {
  try {
    const delay: unknown = JSON.parse(opts)?.delay
    return typeof delay === 'number' ? delay : 0
  } catch {
    return 0
  }
}
