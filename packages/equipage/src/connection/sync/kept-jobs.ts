import { type ExpressionBuilder, type Kysely, sql } from 'kysely'
import type { Clock } from '../../core/clock.ts'
import { processName } from '../../core/process-name.ts'
import {
  type KeepRule,
  type PushedJob,
  type QueueLimits,
  readKeepRule,
  unlimited,
} from '../../job/index.ts'
import type { LimitsOf, QueueCounts, QueueWait } from '../connection.ts'
import { passGuard } from './push-guards.ts'
import { countBegin, placeFrom } from './queue-limits.ts'
import type { JobRow, StateFile, Tables } from './state-file.ts'

/** How often at least it is looked whether a running job was cancelled. */
const longestRenewalMs = 1_000

/** How long, and how many, failed jobs are kept. */
export interface Retention {
  ageMs: number
  count: number
}

/** What became of a push: its job is one that this process runs, or waits; or another is in its way. */
export type Admission =
  | { readonly state: 'active' | 'waiting' | 'delayed' }
  | { readonly state: 'refused'; readonly inTheWay: string }

/** The jobs that wait (delayed, or between two attempts), that run from there, or have failed. */
export class KeptJobs {
  readonly #file: StateFile
  readonly #retention: Retention
  readonly #clock: Clock
  readonly #limitsOf: LimitsOf
  readonly #lockMs: number
  /** How often a running job's lease is renewed, and looked whether it was cancelled. */
  readonly renewalMs: number

  /** @param settings `lockMs`: how long a process that runs a kept job may be silent */
  constructor(
    file: StateFile,
    settings: { keepFailed: Retention; lockMs: number },
    clock: Clock,
    limitsOf: LimitsOf = async () => unlimited,
  ) {
    this.#limitsOf = limitsOf
    this.#file = file
    this.#retention = settings.keepFailed
    this.#lockMs = settings.lockMs
    this.renewalMs = Math.min(longestRenewalMs, settings.lockMs / 4)
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
    const row = { ...this.#row(job, id, attempt), ...(failure ? failed(failure) : {}) }
    if (pushedAt !== undefined) row.pushed_at = pushedAt
    return this.#insert(await this.#file.tables(), { ...row, state: 'waiting', due_at: dueAt })
  }

  /** Whether a job of that id is kept. */
  async has(id: string): Promise<boolean> {
    const tables = await this.#file.toRead()
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

  /** Keeps a job that has failed for good, unless it is not to be kept, and drops the oldest beyond the retention. */
  async keepFailed(job: PushedJob, id: string, attempt: number, error: Error): Promise<void> {
    const own = job.keep?.failed
    if (own === false) return
    const row = { ...this.#row(job, id, attempt), ...failed(error), process: processName() }
    const ended_at = this.#clock.now()
    await this.#insert(await this.#file.tables(), { ...row, state: 'failed', ended_at })
    await this.#dropOldFailures(job.queue, own)
  }

  /** Whether a push of this job has to be written down, because others are to see it. */
  async isShared({ guard, queue, stamp }: PushedJob): Promise<boolean> {
    // Whoever looks after a group has to see whether its jobs are there.
    return guard !== undefined || stamp.group !== undefined || (await this.hasLimits(queue))
  }

  /** Whether a queue has limits, so that the end of one job may let another begin. */
  async hasLimits(queue: string): Promise<boolean> {
    return isLimited(await this.#limitsOf(queue))
  }

  /** Takes a push in, as far as its guard, its delay, a pause and the limits of its queue let it. */
  async admit(job: PushedJob, id: string): Promise<Admission> {
    const tables = await this.#file.tables()
    return tables.transaction().execute(within => this.admitWithin(within, job, id))
  }

  /** The same within the caller's transaction. */
  async admitWithin(tables: Kysely<Tables>, job: PushedJob, id: string): Promise<Admission> {
    const now = this.#clock.now()
    const inTheWay = await passGuard(tables, job, id, now)
    if (inTheWay !== undefined) return { state: 'refused', inTheWay }
    const row = this.#row(job, id, 1)
    if (job.delayMs > 0) {
      await this.#insert(tables, { ...row, due_at: now + job.delayMs })
      return { state: 'delayed' }
    }
    const { queue } = job
    const limits = await this.#limitsOf(queue)
    const paused = tables.selectFrom('paused_queues').select('queue').where('queue', '=', queue)
    const waits = (await paused.executeTakeFirst()) !== undefined
    if (waits || (await placeFrom(tables, queue, limits, now)) > now) {
      await this.#insert(tables, row)
      return { state: 'waiting' }
    }
    // A job that is there already, a chain's, is not begun a second time.
    const active = { ...row, ...this.#begun(), state: 'active' as const }
    if (!(await this.#insert(tables, active))) return { state: 'waiting' }
    await countBegin(tables, queue, limits, now)
    return { state: 'active' }
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

  /** What is written down of a job that this process begins. */
  #begun() {
    const now = this.#clock.now()
    return { leased_until: now + this.#lockMs, process: processName(), started_at: now }
  }

  async #insert(tables: Kysely<Tables>, row: Omit<JobRow, 'seq'>): Promise<boolean> {
    const insert = tables.insertInto('jobs').values(row)
    const { numInsertedOrUpdatedRows } = await insert
      .onConflict(c => c.doNothing())
      .executeTakeFirst()
    return (numInsertedOrUpdatedRows ?? 0n) > 0n
  }

  /**
   * Takes the next job of a queue that is due, or whose process went silent; undefined when there
   * is none, when the queue is paused, or when its limits let no other begin.
   */
  async take(queue: string): Promise<JobRow | undefined> {
    const tables = await this.#file.tables()
    const limits = await this.#limitsOf(queue)
    if (!isLimited(limits)) return this.#take(tables, queue)
    return tables.transaction().execute(async within => {
      const now = this.#clock.now()
      if ((await placeFrom(within, queue, limits, now)) > now) return undefined
      const row = await this.#take(within, queue)
      if (row) await countBegin(within, queue, limits, now)
      return row
    })
  }

  #take(tables: Kysely<Tables>, queue: string): Promise<JobRow | undefined> {
    const now = this.#clock.now()
    const due = tables
      .selectFrom('jobs')
      .select('seq')
      .where('queue', '=', queue)
      .where(isGoingOn)
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
      .set(row => ({ ...this.#begun(), state: 'active', starts: row('starts', '+', 1) }))
      .where('seq', '=', due)
      .returningAll()
      .executeTakeFirst()
  }

  /**
   * Renews the lease of jobs that this process runs.
   * @returns those of them that were cancelled
   */
  async renew(ids: readonly string[]): Promise<string[]> {
    const tables = await this.#file.tables()
    const leased_until = this.#clock.now() + this.#lockMs
    const leased = tables.updateTable('jobs').set({ leased_until })
    const rows = await leased
      .where('id', 'in', [...ids])
      .where('state', '=', 'active')
      .returning(['id', 'cancelled_at'])
      .execute()
    return rows.flatMap(({ id, cancelled_at }) => (cancelled_at === null ? [] : [id]))
  }

  /** A running job says how far it is. */
  async noteProgress(id: string, progress: unknown): Promise<void> {
    const told = { progress: JSON.stringify(progress) }
    await (await this.#file.tables()).updateTable('jobs').set(told).where('id', '=', id).execute()
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
    const place = { state: 'waiting' as const, attempt, due_at: dueAt, leased_until: null }
    const back = { ...place, ...(failure ? failed(failure) : {}) }
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

  /** When the next job of these queues becomes due, epoch milliseconds; undefined when none waits in one that goes on. */
  async nextDue(queues: readonly string[]): Promise<number | undefined> {
    const tables = await this.#file.tables()
    const limited = await Promise.all(
      queues.map(async queue => ({ queue, limits: await this.#limitsOf(queue) })),
    )
    const free = limited.filter(({ limits }) => !isLimited(limits)).map(({ queue }) => queue)
    const dues = [await this.#nextDueOf(tables, free)]
    for (const { queue, limits } of limited) {
      if (!isLimited(limits)) continue
      const due = await this.#nextDueOf(tables, [queue])
      const from = await placeFrom(tables, queue, limits, this.#clock.now())
      dues.push(due === undefined ? undefined : Math.max(due, from))
    }
    const known = dues.filter(due => due !== undefined)
    return known.length > 0 ? Math.min(...known) : undefined
  }

  async #nextDueOf(tables: Kysely<Tables>, queues: readonly string[]): Promise<number | undefined> {
    const row = await tables
      .selectFrom('jobs')
      .select(({ fn, ref }) =>
        fn.min<number | null>(fn.coalesce(ref('leased_until'), ref('due_at'))).as('at'),
      )
      .where('queue', 'in', [...queues])
      .where('state', '!=', 'failed')
      .where(isGoingOn)
      .executeTakeFirst()
    return row?.at ?? undefined
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

function isLimited({ concurrency, rateLimit }: QueueLimits): boolean {
  return concurrency !== null || rateLimit !== null
}

/** What is written down of a failed attempt. */
function failed({ message, stack }: Error): { error: string; stack: string | null } {
  return { error: message, stack: stack ?? null }
}

/** How a failed job is kept, as it was written down; undefined for the setting's way. */
function keptRule(text: string | null): KeepRule | false | undefined {
  try {
    return text === null ? undefined : readKeepRule(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Whether a job's queue is not paused. */
function isGoingOn(where: ExpressionBuilder<Tables, 'jobs'>) {
  return where('queue', 'not in', where.selectFrom('paused_queues').select('queue'))
}
