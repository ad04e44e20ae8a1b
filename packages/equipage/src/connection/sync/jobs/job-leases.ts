import type { Kysely } from 'kysely'
import { type Clock, processName } from '../../../core/index.ts'
import { type PushedJob, type QueueLimits, unlimited } from '../../../job/index.ts'
import type { LimitsOf } from '../../connection.ts'
import type { JobRow, StateFile, Tables } from '../state/index.ts'
import { insertRow, newRow } from './job-row.ts'
import { isGoingOn } from './paused-queues.ts'
import { passGuard } from './push-guards.ts'
import { countBegin, placeFrom } from './queue-limits.ts'

/** How often at least it is looked whether a running job was cancelled. */
const longestRenewalMs = 1_000

/** What became of a push: its job is one that this process runs, or waits; or another is in its way. */
export type Admission =
  | { readonly state: 'active' | 'waiting' | 'delayed' }
  | { readonly state: 'refused'; readonly conflictingId: string }

/**
 * Which jobs of the state file this process may run, and for how long it has them: pushes as they
 * come in, kept jobs as they become due. Pauses and limits of their queues hold for both.
 */
export class JobLeases {
  readonly #file: StateFile
  readonly #lockMs: number
  readonly #clock: Clock
  readonly #limitsOf: LimitsOf
  /** How often a running job's lease is renewed, and looked whether it was cancelled. */
  readonly renewalMs: number

  /** @param lockMs how long a process that runs a kept job may be silent */
  constructor(
    file: StateFile,
    lockMs: number,
    clock: Clock,
    limitsOf: LimitsOf = async () => unlimited,
  ) {
    this.#file = file
    this.#lockMs = lockMs
    this.#clock = clock
    this.#limitsOf = limitsOf
    this.renewalMs = Math.min(longestRenewalMs, lockMs / 4)
  }

  /** Whether a push of this job has to be written down, because others are to see it. */
  async isShared({ guard, queue, metadata }: PushedJob): Promise<boolean> {
    // Whoever looks after a group has to see whether its jobs are there.
    return guard !== undefined || metadata.group !== undefined || (await this.hasLimits(queue))
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
    const conflictingId = await passGuard(tables, job, id, now)
    if (conflictingId !== undefined) return { state: 'refused', conflictingId }
    const row = newRow(job, id, 1, this.#clock.now())
    if (job.delayMs > 0) {
      await insertRow(tables, { ...row, due_at: now + job.delayMs })
      return { state: 'delayed' }
    }
    const { queue } = job
    const limits = await this.#limitsOf(queue)
    const paused = tables.selectFrom('paused_queues').select('queue').where('queue', '=', queue)
    const waits = (await paused.executeTakeFirst()) !== undefined
    if (waits || (await placeFrom(tables, queue, limits, now)) > now) {
      await insertRow(tables, row)
      return { state: 'waiting' }
    }
    // A job that is there already, a chain's, is not begun a second time.
    const active = { ...row, ...this.#begun(), state: 'active' as const }
    if (!(await insertRow(tables, active))) return { state: 'waiting' }
    await countBegin(tables, queue, limits, now)
    return { state: 'active' }
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

  /** What is written down of a job that this process begins. */
  #begun() {
    const now = this.#clock.now()
    return { leased_until: now + this.#lockMs, process: processName(), started_at: now }
  }
}

function isLimited({ concurrency, rateLimit }: QueueLimits): boolean {
  return concurrency !== null || rateLimit !== null
}
