import type { Kysely } from 'kysely'
import { type KeepRule, type PushedJob, readKeepRule } from '../../../job/index.ts'
import type { JobRow, Tables } from '../state/index.ts'

/** A job as its push writes it down: it waits, and is due `now`, in epoch milliseconds. */
export function newRow(
  job: PushedJob,
  id: string,
  attempt: number,
  now: number,
): Omit<JobRow, 'seq'> {
  return {
    id,
    name: job.name,
    queue: job.queue,
    data: JSON.stringify(job.data),
    metadata: JSON.stringify(job.metadata),
    attempt,
    attempts: job.attempts,
    starts: 1,
    priority: job.priority,
    pushed_at: now,
    due_at: now,
    state: 'waiting',
    leased_until: null,
    error: null,
    stack: null,
    progress: null,
    process: null,
    started_at: null,
    ended_at: null,
    cancelled_at: null,
    guard_key: job.guard && job.guard.kind !== 'throttle' ? job.guard.key : null,
    keep_failed: job.keep?.failed === undefined ? null : JSON.stringify(job.keep.failed),
  }
}

/** @returns false when a job of its id is there already */
export async function insertRow(
  tables: Kysely<Tables>,
  row: Omit<JobRow, 'seq'>,
): Promise<boolean> {
  const insert = tables.insertInto('jobs').values(row)
  const { numInsertedOrUpdatedRows } = await insert
    .onConflict(c => c.doNothing())
    .executeTakeFirst()
  return (numInsertedOrUpdatedRows ?? 0n) > 0n
}

/** How a failed job is kept, as it was written down; undefined for the setting's way. */
export function keptRule(text: string | null): KeepRule | false | undefined {
  try {
    return text === null ? undefined : readKeepRule(JSON.parse(text))
  } catch {
    return undefined
  }
}
