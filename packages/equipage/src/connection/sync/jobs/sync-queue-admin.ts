import type { Kysely } from 'kysely'
import { type Clock, processName } from '../../../core/index.ts'
import { readMetadata } from '../../../job/index.ts'
import type {
  Cancellation,
  Cleared,
  JobQuery,
  QueueAdmin,
  Retrial,
  StoredJob,
} from '../../queue-admin.ts'
import type { JobRow, StateFile, Tables } from '../state/index.ts'
import type { InlineRuns } from './inline-runs.ts'
import type { PausedQueues } from './paused-queues.ts'
import { unfinishedOf } from './push-guards.ts'

interface Parts {
  file: StateFile
  paused: PausedQueues
  runs: InlineRuns
  /** Called when jobs may have become due. */
  wake(): void
  clock: Clock
}

/** Looks after the jobs of the state file, and after those that this process runs. */
export class SyncQueueAdmin implements QueueAdmin {
  readonly #dependencies: Parts

  constructor(dependencies: Parts) {
    this.#dependencies = dependencies
  }

  async holds(queue: string): Promise<boolean> {
    const tables = await this.#dependencies.file.toRead()
    const kept = tables.selectFrom('jobs').select('seq').where('queue', '=', queue).limit(1)
    return (
      (await kept.executeTakeFirst()) !== undefined || (await this.#dependencies.paused.has(queue))
    )
  }

  async list({ queue, state, offset, limit }: JobQuery): Promise<StoredJob[]> {
    const now = this.#dependencies.clock.now()
    const tables = await this.#dependencies.file.toRead()
    const page = tables
      .selectFrom('jobs')
      .selectAll()
      .where('queue', '=', queue)
      .limit(limit)
      .offset(offset)
    const jobs = async (rows: typeof page) =>
      (await rows.orderBy('seq', 'desc').execute()).map(row => storedJob(row, now))
    switch (state) {
      case 'waiting': {
        const due = page.where('state', '=', 'waiting').where('due_at', '<=', now)
        return jobs(due.orderBy(row => row('priority', '>', 0)).orderBy('priority', 'desc'))
      }
      case 'delayed': {
        const later = page.where('state', '=', 'waiting').where('due_at', '>', now)
        return jobs(later.orderBy('due_at', 'desc'))
      }
      case 'active':
        return jobs(page.where('state', '=', 'active').orderBy('started_at', 'desc'))
      case 'failed':
        return jobs(page.where('state', '=', 'failed').orderBy('ended_at', 'desc'))
      case 'completed':
        return []
    }
  }

  async find(queue: string, id: string): Promise<StoredJob | undefined> {
    const { clock, file } = this.#dependencies
    const running = this.#running(queue, id)
    // One that is not kept needs no file, and may belong to an application that has none.
    if (running && !file.exists()) return running
    const row = await jobsOf(await file.toRead(), queue, id)
      .selectAll()
      .executeTakeFirst()
    return row ? storedJob(row, clock.now()) : running
  }

  /** A job that this process runs. */
  #running(queue: string, id: string): StoredJob | undefined {
    const run = this.#dependencies.runs.find(id)
    if (run?.attempt.queue !== queue) return undefined
    const { name, data, metadata, attempt, attempts } = run.attempt
    return {
      id,
      name,
      queue,
      state: 'active',
      data,
      metadata,
      attemptsMade: attempt - 1,
      attempts,
      priority: 0,
      progress: run.progress ?? null,
      result: null,
      error: null,
      pushedAt: run.startedAt,
      dueAt: null,
      startedAt: run.startedAt,
      endedAt: null,
      worker: processName(),
    }
  }

  async retry(queue: string, id: string): Promise<Retrial> {
    const tables = await this.#dependencies.file.tables()
    const retrial = await tables.transaction().execute(within => this.#retry(within, queue, id))
    this.#dependencies.wake()
    return retrial
  }

  async retryAll(queue: string): Promise<number> {
    const tables = await this.#dependencies.file.tables()
    const retried = await tables.transaction().execute(async within => {
      const failed = within.selectFrom('jobs').select('id').where('queue', '=', queue)
      const rows = await failed.where('state', '=', 'failed').orderBy('seq').execute()
      let count = 0
      for (const { id } of rows) {
        if ((await this.#retry(within, queue, id)) === 'retried') count++
      }
      return count
    })
    this.#dependencies.wake()
    return retried
  }

  async #retry(tables: Kysely<Tables>, queue: string, id: string): Promise<Retrial> {
    const job = await jobsOf(tables, queue, id)
      .select('guard_key')
      .where('state', '=', 'failed')
      .executeTakeFirst()
    if (!job) return 'missing'
    const { guard_key } = job
    const conflictingId =
      guard_key === null ? undefined : await unfinishedOf(tables, queue, guard_key)
    if (conflictingId !== undefined) return { conflictingId }
    const again = {
      state: 'waiting' as const,
      attempt: 1,
      starts: 0,
      due_at: this.#dependencies.clock.now(),
      ended_at: null,
      cancelled_at: null,
    }
    await tables.updateTable('jobs').set(again).where('id', '=', id).execute()
    return 'retried'
  }

  async forget(queue: string, id: string): Promise<boolean> {
    const tables = await this.#dependencies.file.tables()
    const idle = deletionOf(tables, queue, id).where('state', '!=', 'active')
    return (await idle.executeTakeFirst()).numDeletedRows > 0n
  }

  async clear(queue: string): Promise<Cleared> {
    const now = this.#dependencies.clock.now()
    const rows = await (await this.#dependencies.file.tables())
      .deleteFrom('jobs')
      .where('queue', '=', queue)
      .where('state', '=', 'waiting')
      .returning('due_at')
      .execute()
    const delayed = rows.filter(({ due_at }) => due_at > now).length
    return { waiting: rows.length - delayed, delayed }
  }

  async setPaused(queue: string, paused: boolean): Promise<boolean> {
    const changed = await this.#dependencies.paused.set(queue, paused)
    this.#dependencies.wake()
    return changed
  }

  async paused(queues: readonly string[]): Promise<boolean[]> {
    const paused = await this.#dependencies.paused.among(queues)
    return queues.map(queue => paused.has(queue))
  }

  async cancel(queue: string, id: string): Promise<Cancellation> {
    const { runs, file, clock } = this.#dependencies
    const own = runs.find(id)?.attempt.queue === queue && runs.cancel(id)
    if (own) return 'aborting'
    const tables = await file.tables()
    const now = clock.now()
    const removed = await deletionOf(tables, queue, id)
      .where(where =>
        where.or([
          where('state', '=', 'waiting'),
          // Its process is gone, and nobody has taken it over.
          where.and([where('state', '=', 'active'), where('leased_until', '<=', now)]),
        ]),
      )
      .executeTakeFirst()
    if (removed.numDeletedRows > 0n) return 'removed'
    const { numUpdatedRows } = await tables
      .updateTable('jobs')
      .set({ cancelled_at: now })
      .where('queue', '=', queue)
      .where('id', '=', id)
      .where('state', '=', 'active')
      .executeTakeFirst()
    if (numUpdatedRows > 0n) return 'aborting'
    const ended = await jobsOf(tables, queue, id).select('seq').executeTakeFirst()
    return ended ? 'ended' : 'missing'
  }
}

const jobsOf = (tables: Kysely<Tables>, queue: string, id: string) =>
  tables.selectFrom('jobs').where('queue', '=', queue).where('id', '=', id)

const deletionOf = (tables: Kysely<Tables>, queue: string, id: string) =>
  tables.deleteFrom('jobs').where('queue', '=', queue).where('id', '=', id)

function storedJob(row: JobRow, now: number): StoredJob {
  const { id, name, queue, attempts, priority, attempt, error, stack } = row
  const delayed = row.state === 'waiting' && row.due_at > now
  return {
    id,
    name,
    queue,
    state: delayed ? 'delayed' : row.state,
    data: parsed(row.data),
    metadata: readMetadata(parsed(row.metadata)),
    attemptsMade: row.state === 'failed' ? attempt : attempt - 1,
    attempts,
    priority,
    progress: row.progress === null ? null : parsed(row.progress),
    result: null,
    error: error === null ? null : { message: error, stack },
    pushedAt: row.pushed_at,
    dueAt: delayed ? row.due_at : null,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    worker: row.process,
  }
}

/** JSON of the state file; what is no JSON is shown as the text that it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
