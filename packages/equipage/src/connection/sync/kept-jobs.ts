import { type Kysely, sql } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import type { PushedJob } from '../../job/index.ts'
import type { QueueCounts } from '../connection.ts'
import type { JobRow, StateFile, Tables } from './state-file.ts'

/** How long a process that runs a kept job may be silent: longer than any stall of a machine that is awake. */
const leaseMs = 30_000

/** How often a running job's lease is renewed. */
export const renewalMs = leaseMs / 3

/** How long, and how many, failed jobs are kept. */
export interface Retention {
  ageMs: number
  count: number
}

/** The jobs that wait (delayed, or between two attempts), that run from there, or have failed. */
export class KeptJobs {
  readonly #file: StateFile
  readonly #retention: Retention
  readonly #clock: Clock

  constructor(file: StateFile, retention: Retention, clock: Clock) {
    this.#file = file
    this.#retention = retention
    this.#clock = clock
  }

  /** Keeps a job until `dueAt`; false when a job of its id is there already. */
  async keep(job: PushedJob, id: string, attempt: number, dueAt: number): Promise<boolean> {
    const row = this.#row(job, id, attempt)
    return this.#insert(await this.#file.tables(), { ...row, state: 'waiting', due_at: dueAt })
  }

  /** Whether a job of that id is kept. */
  async has(id: string): Promise<boolean> {
    const tables = await this.#file.tables()
    const row = await tables.selectFrom('jobs').select('id').where('id', '=', id).executeTakeFirst()
    return row !== undefined
  }

  /** Whether one of these jobs waits or runs; within the caller's transaction. */
  async anyUnfinished(tables: Kysely<Tables>, ids: readonly string[]): Promise<boolean> {
    const found = tables
      .selectFrom('jobs')
      .select('seq')
      .where('id', 'in', [...ids])
    return (await found.where('state', '!=', 'failed').limit(1).executeTakeFirst()) !== undefined
  }

  /** Keeps a job that has failed for good, and drops the oldest beyond the retention. */
  async keepFailed(job: PushedJob, id: string, attempt: number, error: Error): Promise<void> {
    const row = this.#row(job, id, attempt)
    await this.#insert(await this.#file.tables(), { ...row, state: 'failed', error: error.message })
    await this.#dropOldFailures(job.queue)
  }

  /** Keeps a job as one that this process runs; within the caller's transaction. */
  async keepActive(tables: Kysely<Tables>, job: PushedJob, id: string): Promise<void> {
    const leased_until = this.#clock.now() + leaseMs
    await this.#insert(tables, { ...this.#row(job, id, 1), state: 'active', leased_until })
  }

  #row(job: PushedJob, id: string, attempt: number): Omit<JobRow, 'seq'> {
    const now = this.#clock.now()
    return {
      id,
      name: job.name,
      queue: job.queue,
      data: JSON.stringify(job.data),
      stamp: JSON.stringify(job.stamp),
      attempt,
      attempts: job.attempts,
      starts: 1,
      priority: job.priority,
      pushed_at: now,
      due_at: now,
      state: 'waiting',
      leased_until: null,
      error: null,
    }
  }

  async #insert(tables: Kysely<Tables>, row: Omit<JobRow, 'seq'>): Promise<boolean> {
    const insert = tables.insertInto('jobs').values(row)
    const { numInsertedOrUpdatedRows } = await insert
      .onConflict(c => c.doNothing())
      .executeTakeFirst()
    return (numInsertedOrUpdatedRows ?? 0n) > 0n
  }

  /** Takes the next job of a queue that is due, or whose process went silent; undefined when there is none. */
  async take(queue: string): Promise<JobRow | undefined> {
    const tables = await this.#file.tables()
    const now = this.#clock.now()
    const due = tables
      .selectFrom('jobs')
      .select('seq')
      .where('queue', '=', queue)
      .where(where =>
        where.or([
          where.and([where('state', '=', 'waiting'), where('due_at', '<=', now)]),
          where.and([where('state', '=', 'active'), where('leased_until', '<=', now)]),
        ]),
      )
      .orderBy('priority')
      .orderBy('due_at')
      .orderBy('seq')
      .limit(1)
    return tables
      .updateTable('jobs')
      .set(row => ({ state: 'active', leased_until: now + leaseMs, starts: row('starts', '+', 1) }))
      .where('seq', '=', due)
      .returningAll()
      .executeTakeFirst()
  }

  /** Renews the lease of jobs that this process runs. */
  async renew(ids: readonly string[]): Promise<void> {
    const tables = await this.#file.tables()
    const leased_until = this.#clock.now() + leaseMs
    const leased = tables.updateTable('jobs').set({ leased_until })
    await leased
      .where('id', 'in', [...ids])
      .where('state', '=', 'active')
      .execute()
  }

  /** The job has ended well. */
  async remove(id: string): Promise<void> {
    await (await this.#file.tables()).deleteFrom('jobs').where('id', '=', id).execute()
  }

  /** The job goes back, to run from `dueAt` on. */
  async putBack(id: string, attempt: number, dueAt: number): Promise<void> {
    const back = { state: 'waiting' as const, attempt, due_at: dueAt, leased_until: null }
    await (await this.#file.tables()).updateTable('jobs').set(back).where('id', '=', id).execute()
  }

  /** The job has failed for good. */
  async fail(id: string, queue: string, error: Error): Promise<void> {
    const failed = { state: 'failed' as const, leased_until: null, error: error.message }
    await (await this.#file.tables()).updateTable('jobs').set(failed).where('id', '=', id).execute()
    await this.#dropOldFailures(queue)
  }

  async #dropOldFailures(queue: string): Promise<void> {
    const tables = await this.#file.tables()
    const failures = tables
      .selectFrom('jobs')
      .where('queue', '=', queue)
      .where('state', '=', 'failed')
    const kept = failures.select('seq').orderBy('seq', 'desc').limit(this.#retention.count)
    await tables
      .deleteFrom('jobs')
      .where('queue', '=', queue)
      .where('state', '=', 'failed')
      .where(where =>
        where.or([
          where('seq', 'not in', kept),
          where('pushed_at', '<', this.#clock.now() - this.#retention.ageMs),
        ]),
      )
      .execute()
  }

  /** When the next job of these queues becomes due, epoch milliseconds; undefined when none waits. */
  async nextDue(queues: readonly string[]): Promise<number | undefined> {
    const tables = await this.#file.tables()
    const row = await tables
      .selectFrom('jobs')
      .select(({ fn, ref }) =>
        fn.min<number | null>(fn.coalesce(ref('leased_until'), ref('due_at'))).as('at'),
      )
      .where('queue', 'in', [...queues])
      .where('state', '!=', 'failed')
      .executeTakeFirst()
    return row?.at ?? undefined
  }

  async counts(queues: readonly string[]): Promise<QueueCounts[]> {
    const tables = await this.#file.tables()
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
