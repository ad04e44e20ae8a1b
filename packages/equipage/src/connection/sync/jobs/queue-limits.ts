import type { Kysely } from 'kysely'
import type { QueueLimits } from '../../../job/index.ts'
import type { Tables } from '../state/index.ts'

/**
 * From when on another job of a queue may begin, as far as its limits go; within the caller's
 * transaction. Jobs that are not written down do not count.
 * @returns epoch milliseconds, `now` when one may begin at once
 */
export async function placeFrom(
  tables: Kysely<Tables>,
  queue: string,
  { concurrency, rateLimit }: QueueLimits,
  now: number,
): Promise<number> {
  let from = now
  if (concurrency !== null) {
    const active = await tables
      .selectFrom('jobs')
      .select('leased_until')
      .where('queue', '=', queue)
      .where('state', '=', 'active')
      .where('leased_until', '>', now)
      .orderBy('leased_until')
      .execute()
    if (active.length >= concurrency)
      from = active[active.length - concurrency]?.leased_until ?? now
  }
  if (rateLimit !== null) {
    const rate = await tables
      .selectFrom('queue_rates')
      .selectAll()
      .where('queue', '=', queue)
      .executeTakeFirst()
    const end = (rate?.since ?? Number.NEGATIVE_INFINITY) + rateLimit.perMs
    if (rate && rate.begun >= rateLimit.max && end > now) from = Math.max(from, end)
  }
  return from
}

/** A job of the queue has begun; within the caller's transaction. */
export async function countBegin(
  tables: Kysely<Tables>,
  queue: string,
  { rateLimit }: QueueLimits,
  now: number,
): Promise<void> {
  if (rateLimit === null) return
  const counted = await tables
    .updateTable('queue_rates')
    .set(row => ({ begun: row('begun', '+', 1) }))
    .where('queue', '=', queue)
    .where('since', '>', now - rateLimit.perMs)
    .executeTakeFirst()
  if (counted.numUpdatedRows > 0n) return
  await tables.replaceInto('queue_rates').values({ queue, since: now, begun: 1 }).execute()
}
