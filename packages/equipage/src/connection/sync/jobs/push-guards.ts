import type { Kysely } from 'kysely'
import type { PushedJob } from '../../../job/index.ts'
import type { Tables } from '../state/index.ts'

/**
 * Asks the guard of a push, and takes its key when it may pass; within the caller's transaction. A
 * debounced push removes the job before it, as long as that one is not due.
 * @param id of the job to be
 * @returns the id of the job in the way; undefined when the push may pass
 */
export async function passGuard(
  tables: Kysely<Tables>,
  { queue, guard }: Pick<PushedJob, 'queue' | 'guard'>,
  id: string,
  now: number,
): Promise<string | undefined> {
  if (!guard) return undefined
  const { kind, key, forMs } = guard
  if (kind === 'debounce') {
    await tables
      .deleteFrom('jobs')
      .where('queue', '=', queue)
      .where('guard_key', '=', key)
      .where('state', '=', 'waiting')
      .where('starts', '=', 1)
      .where('due_at', '>', now)
      .execute()
    return undefined
  }
  const holder = kind === 'unique' ? await unfinishedOf(tables, queue, key) : undefined
  if (holder !== undefined) return holder
  if (forMs === null) return undefined
  await tables.deleteFrom('held_keys').where('until', '<=', now).execute()
  const held = tables.selectFrom('held_keys').select('job_id').where('queue', '=', queue)
  const former = await held.where('key', '=', key).executeTakeFirst()
  if (former) return former.job_id
  const until = now + forMs
  await tables.insertInto('held_keys').values({ queue, key, job_id: id, until }).execute()
  return undefined
}

/** The job of a key that waits or runs; within the caller's transaction. */
export async function unfinishedOf(
  tables: Kysely<Tables>,
  queue: string,
  key: string,
): Promise<string | undefined> {
  const job = await tables
    .selectFrom('jobs')
    .select('id')
    .where('queue', '=', queue)
    .where('guard_key', '=', key)
    .where('state', '!=', 'failed')
    .executeTakeFirst()
  return job?.id
}
