import { type Kysely, sql } from 'kysely'
import { type Clock, processName } from '../../../core/index.ts'
import type { KeepRule, PushedJob } from '../../../job/index.ts'
import type { QueueCounts, QueueWait } from '../../connection.ts'
import type { StateFile, Tables } from '../state/index.ts'
import { insertRow, keptRule, newRow } from './job-row.ts'
import { isGoingOn } from './paused-queues.ts'

/** How long, and how many, failed jobs are kept. */
export interface Retention {
  ageMs: number
  count: number
}

/**
 * The jobs that wait (delayed, or between two attempts), that run from there, or have failed. Which of
 * them begins is for JobLeases to say.
 */
export class KeptJobs {
  readonly #file: StateFile
  readonly #retention: Retention
  readonly #clock: Clock

  /** @param retention of failed jobs that do not say their own */
  constructor(file: StateFile, retention: Retention, clock: Clock) {
    this.#file = file
    this.#retention = retention
    this.#clock = clock
  }

  /**
   * Keeps a job until `dueAt`.
   * @param failure how the attempt before failed
   * @param pushedAt now when left out, epoch milliseconds
   * @returns false when a job of its id is there already
   */
  async keep(
    job: PushedJob,
    id: string,
    attempt: number,
    dueAt: number,
    failure?: Error,
    pushedAt?: number,
  ): Promise<boolean> {
    const row = {
      ...newRow(job, id, attempt, this.#clock.now()),
      ...(failure ? failed(failure) : {}),
    }
    if (pushedAt !== undefined) row.pushed_at = pushedAt
    return insertRow(await this.#file.tables(), { ...row, state: 'waiting', due_at: dueAt })
  }

  /** Whether a job of that id is kept. */
  async has(id: string): Promise<boolean> {
    const tables = await this.#file.toRead()
    const row = await tables.selectFrom('jobs').select('id').where('id', '=', id).executeTakeFirst()
    return row !== undefined
  }

  /** Keeps a job that has failed for good, unless it is not to be kept, and drops the oldest beyond the retention. */
  async keepFailed(job: PushedJob, id: string, attempt: number, error: Error): Promise<void> {
    const own = job.keep?.failed
    if (own === false) return
    const row = {
      ...newRow(job, id, attempt, this.#clock.now()),
      ...failed(error),
      process: processName(),
    }
    const ended_at = this.#clock.now()
    await insertRow(await this.#file.tables(), { ...row, state: 'failed', ended_at })
    await this.#dropOldFailures(job.queue, own)
  }

  /** The job has ended well. */
  async remove(id: string): Promise<void> {
    await (await this.#file.tables()).deleteFrom('jobs').where('id', '=', id).execute()
  }

  /**
   * The job goes back, to run from `dueAt` on.
   * @param failure how the attempt that ended failed
   */
  async putBack(id: string, attempt: number, dueAt: number, failure?: Error): Promise<void> {
    const where = { state: 'waiting' as const, attempt, due_at: dueAt, leased_until: null }
    const back = { ...where, ...(failure ? failed(failure) : {}) }
    await (await this.#file.tables()).updateTable('jobs').set(back).where('id', '=', id).execute()
  }

  /** The job has failed for good. */
  async fail(id: string, queue: string, error: Error): Promise<void> {
    const tables = await this.#file.tables()
    const job = tables.selectFrom('jobs').select('keep_failed').where('id', '=', id)
    const own = keptRule((await job.executeTakeFirst())?.keep_failed ?? null)
    if (own === false) return this.remove(id)
    const ended = { state: 'failed' as const, leased_until: null, ended_at: this.#clock.now() }
    const row = { ...ended, ...failed(error) }
    await tables.updateTable('jobs').set(row).where('id', '=', id).execute()
    await this.#dropOldFailures(queue, own)
  }

  /** @param own what the job that has just failed says itself */
  async #dropOldFailures(queue: string, own: KeepRule | undefined): Promise<void> {
    const { ageMs, count } = { ...this.#retention, ...own }
    const tables = await this.#file.tables()
    const failures = tables
      .selectFrom('jobs')
      .where('queue', '=', queue)
      .where('state', '=', 'failed')
    const newest = failures.select('seq').orderBy('ended_at', 'desc').orderBy('seq', 'desc')
    await tables
      .deleteFrom('jobs')
      .where('queue', '=', queue)
      .where('state', '=', 'failed')
      .where(where =>
        where.or([
          where('seq', 'not in', newest.limit(count)),
          where('ended_at', '<=', this.#clock.now() - ageMs),
        ]),
      )
      .execute()
  }

  async waits(queues: readonly string[]): Promise<QueueWait[]> {
    const now = this.#clock.now()
    const rows = await (await this.#file.toRead())
      .selectFrom('jobs')
      .select(({ fn }) => [
        'queue',
        fn.countAll<number>().as('waiting'),
        fn.min('due_at').as('since'),
      ])
      .where('state', '=', 'waiting')
      .where('due_at', '<=', now)
      .where(isGoingOn)
      .groupBy('queue')
      .execute()
    return queues.map(queue => {
      const { waiting, since } = rows.find(row => row.queue === queue) ?? { waiting: 0, since: now }
      return { queue, waiting, longestMs: now - since }
    })
  }

  async counts(queues: readonly string[]): Promise<QueueCounts[]> {
    const tables = await this.#file.toRead()
    const now = this.#clock.now()
    const state = sql<string>`case when state = 'waiting' and due_at > ${now} then 'delayed' else state end`
    const rows = await tables
      .selectFrom('jobs')
      .select(({ fn }) => ['queue', state.as('kind'), fn.countAll<number>().as('count')])
      .groupBy(['queue', 'kind'])
      .execute()
    return queues.map(queue => {
      const count = (kind: string) =>
        rows.find(row => row.queue === queue && row.kind === kind)?.count ?? 0
      return {
        queue,
        waiting: count('waiting'),
        delayed: count('delayed'),
        active: count('active'),
        completed: null,
        failed: count('failed'),
      }
    })
  }
}

/** Whether one of these jobs waits or runs; within the caller's transaction. */
export async function anyUnfinished(
  tables: Kysely<Tables>,
  ids: readonly string[],
): Promise<boolean> {
  const found = tables
    .selectFrom('jobs')
    .select('seq')
    .where('id', 'in', [...ids])
  return (await found.where('state', '!=', 'failed').limit(1).executeTakeFirst()) !== undefined
}

/** What is written down of a failed attempt. */
function failed({ message, stack }: Error): { error: string; stack: string | null } {
  return { error: message, stack: stack ?? null }
}
