import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Clock } from '../../../core/index.ts'
import type { PushedJob, Receipt } from '../../../job/index.ts'
import {
  type Call,
  type ClaimedRun,
  type ClaimResult,
  callLeaseMs,
  type Deployment,
  type HeartbeatReply,
  type LedgerQuery,
  type LedgerRetention,
  type LedgerRow,
  type Registration,
  type RunEnd,
  type SchedulerReport,
  type Span,
  type StoredSchedule,
  shortestDowntimeMs,
  type TickClaim,
  type TickMemory,
} from '../../tick-memory.ts'
import { refusal } from '../../tick-rules.ts'
import { type Admission, anyUnfinished, isGroupUnfinished, type JobLeases } from '../jobs/index.ts'
import type { StateFile, StoredScheduleRow, Tables } from '../state/index.ts'
import {
  endPause,
  keepSpan,
  lastSeen,
  noteAlive,
  noteDowntime,
  registerDeployment,
  ruleOver,
  silentSince,
} from './sync-deployments.ts'
import { endRow, interruptRow, lastRows, readRows, writeRows } from './sync-ledger.ts'

/** Runs the first attempt of a job, when it was taken in for that. */
type Pushed = (job: PushedJob, id: string, admission: Admission) => Promise<Receipt>

/** What a schedule's overlap policy waits for. */
type Holder =
  | { readonly call: number }
  | { readonly jobs: readonly string[]; readonly group?: string }

/** Ticks in the state file: a cursor and the job it pushes move in one transaction. */
export class SyncTickMemory implements TickMemory {
  readonly #file: StateFile
  readonly #leases: JobLeases
  readonly #pushed: Pushed
  readonly #retention: LedgerRetention
  readonly #clock: Clock

  constructor(dependencies: {
    file: StateFile
    leases: JobLeases
    pushed: Pushed
    retention: LedgerRetention
    clock: Clock
  }) {
    this.#file = dependencies.file
    this.#leases = dependencies.leases
    this.#pushed = dependencies.pushed
    this.#retention = dependencies.retention
    this.#clock = dependencies.clock
  }

  now(): number {
    return Math.floor(this.#clock.now())
  }

  skewMs(): number {
    return 0
  }

  register(deployment: Deployment): Promise<Registration[]> {
    return this.#inOneStep(async tables => {
      const now = this.now()
      const { id, process } = deployment
      const from = await lastSeen(tables)
      if (from !== undefined && now - from > shortestDowntimeMs) {
        await noteDowntime(tables, process, { from, to: now })
      }
      await noteAlive(tables, now, { deployment: id, process })
      return registerDeployment(tables, deployment, now)
    })
  }

  async claim(claim: TickClaim): Promise<ClaimResult> {
    const job = claim.run?.job
    const id = job && (job.id ?? randomUUID())
    const decided = await this.#inOneStep(tables => this.#decide(tables, claim, id))
    if ('outcome' in decided) return decided
    const { admission } = decided
    if (!admission || !job || !id) return { outcome: 'claimed', pushed: undefined }
    if (admission.state === 'refused') {
      return { outcome: 'claimed', pushed: undefined, conflictingId: admission.conflictingId }
    }
    return { outcome: 'claimed', pushed: this.#pushed(job, id, admission) }
  }

  async #decide(
    tables: Kysely<Tables>,
    claim: TickClaim,
    jobId: string | undefined,
  ): Promise<ClaimResult | { readonly admission: Admission | undefined }> {
    const { name, run, to } = claim
    const state = await this.#find(tables, name)
    const refused = refusal(claim, state && { ...state, paused: state.paused_at !== null })
    if (refused) return refused
    const own = tables.updateTable('schedules').where('name', '=', name)
    if (run?.overlap && (await this.#unfinished(tables, name, state?.holder))) {
      if (run.overlap === 'queue') await own.set({ waiting: run.tick }).execute()
      return { outcome: 'overlapping' }
    }
    const admission = run && (await this.#begin(tables, name, run, jobId))
    const conflictingId = admission?.state === 'refused' ? admission.conflictingId : undefined
    const waits = (state?.waiting ?? 0) > to
    const holder =
      run?.overlap && conflictingId === undefined
        ? { holder: JSON.stringify(holderOf(run, jobId)) }
        : {}
    await own.set({ cursor: to, ...holder, ...(waits ? {} : { waiting: null }) }).execute()
    const rows = claim.rows.map(row =>
      row.tick === run?.tick ? rowOfRun(row, jobId, conflictingId) : row,
    )
    await writeRows(tables, name, rows, this.#retention)
    return { admission }
  }

  /** The job is taken in, or the function's lease. */
  async #begin(
    tables: Kysely<Tables>,
    schedule: string,
    { tick, job }: ClaimedRun,
    jobId = '',
  ): Promise<Admission | undefined> {
    if (job) return this.#leases.admitWithin(tables, job, jobId)
    const lease = { schedule, tick, leased_until: this.now() + callLeaseMs }
    // In the place of an older one: the tick may be offered again when a file was put back.
    await tables.replaceInto('calls').values(lease).execute()
    return undefined
  }

  /** Whether what holds a schedule goes on: its jobs are there and have not failed, or its lease lasts. */
  async #unfinished(
    tables: Kysely<Tables>,
    schedule: string,
    text: string | null | undefined,
  ): Promise<boolean> {
    if (!text) return false
    const holder = JSON.parse(text) as Holder
    if ('jobs' in holder) {
      const { jobs, group } = holder
      if (group !== undefined && (await isGroupUnfinished(tables, group))) return true
      return anyUnfinished(tables, jobs)
    }
    const lease = tables
      .selectFrom('calls')
      .select('tick')
      .where('schedule', '=', schedule)
      .where('tick', '=', holder.call)
      .where('leased_until', '>', this.now())
    return (await lease.executeTakeFirst()) !== undefined
  }

  async cursors(names: readonly string[]): Promise<(number | null)[]> {
    const tables = await this.#file.tables()
    const rows = await tables
      .selectFrom('schedules')
      .select(['name', 'cursor'])
      .where('name', 'in', [...names])
      .execute()
    const found = new Map(rows.map(({ name, cursor }) => [name, cursor]))
    return names.map(name => found.get(name) ?? null)
  }

  heartbeat(report: SchedulerReport): Promise<HeartbeatReply> {
    return this.#inOneStep(async tables => {
      const now = this.now()
      if (report.absent) await noteDowntime(tables, report.process, report.absent)
      await noteAlive(tables, now, report)
      const lost: Call[] = []
      for (const call of report.calls) {
        const renewed = await tables
          .updateTable('calls')
          .set({ leased_until: now + callLeaseMs })
          .where('schedule', '=', call.name)
          .where('tick', '=', call.tick)
          .where('leased_until', '>', now)
          .executeTakeFirst()
        if (renewed.numUpdatedRows === 0n) lost.push(call)
      }
      const gone = await tables
        .deleteFrom('calls')
        .where('leased_until', '<=', now)
        .returning(['schedule as name', 'tick'])
        .execute()
      const interrupted = gone.map(({ name, tick }) => ({ name, tick }))
      for (const call of interrupted) await interruptRow(tables, call)
      return { rule: await ruleOver(tables, report.deployment, now), lost, interrupted }
    })
  }

  endRun(end: RunEnd): Promise<void> {
    return this.#inOneStep(async tables => {
      await tables
        .deleteFrom('calls')
        .where('schedule', '=', end.name)
        .where('tick', '=', end.tick)
        .execute()
      await endRow(tables, end)
    })
  }

  async stored(names?: readonly string[]): Promise<StoredSchedule[]> {
    const tables = await this.#file.toRead()
    const all = tables.selectFrom('schedules').selectAll().orderBy('name')
    const rows = await (names ? all.where('name', 'in', [...names]) : all).execute()
    const last = await lastRows(tables)
    return rows.map(({ name, definition, anchor, cursor, paused_at }) => ({
      name,
      definition,
      anchor,
      cursor,
      pausedAt: paused_at,
      last: last.get(name) ?? null,
    }))
  }

  setPaused(name: string, paused: boolean): Promise<boolean> {
    return this.#inOneStep(async tables => {
      const state = await this.#find(tables, name)
      if (!state || (state.paused_at !== null) === paused) return false
      const now = this.now()
      const mark = { paused_at: paused ? now : null }
      await tables.updateTable('schedules').set(mark).where('name', '=', name).execute()
      if (paused) await keepSpan(tables, { schedule: name, from: now, to: null })
      else await endPause(tables, name, now)
      return true
    })
  }

  async ledger(query: LedgerQuery): Promise<LedgerRow[]> {
    return readRows(await this.#file.toRead(), query)
  }

  pauses(name: string): Promise<Span[]> {
    return this.#spans(name)
  }

  downtimes(): Promise<Span[]> {
    return this.#spans(null)
  }

  async silentSince(): Promise<number | null> {
    return (await silentSince(await this.#file.toRead(), this.now())) ?? null
  }

  async #spans(schedule: string | null): Promise<Span[]> {
    const tables = await this.#file.toRead()
    return tables
      .selectFrom('spans')
      .select(['from', 'to'])
      .where('schedule', 'is', schedule)
      .orderBy('id')
      .execute()
  }

  #find(tables: Kysely<Tables>, name: string): Promise<StoredScheduleRow | undefined> {
    return tables.selectFrom('schedules').selectAll().where('name', '=', name).executeTakeFirst()
  }

  /** One transaction: it happens as a whole or not at all, and no other writes meanwhile. */
  async #inOneStep<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T> {
    return (await this.#file.tables()).transaction().execute(work)
  }
}

/** The row of the tick that begins a run, or whose push was refused. */
function rowOfRun(
  row: LedgerRow,
  jobId: string | undefined,
  conflictingId: string | undefined,
): LedgerRow {
  if (conflictingId === undefined) return { ...row, jobId: jobId ?? null }
  return { ...row, fate: 'skipped', reason: 'refused', jobId: conflictingId }
}

function holderOf(run: ClaimedRun, jobId: string | undefined): Holder {
  if (jobId === undefined) return { call: run.tick }
  const { later = [], group } = run
  return { jobs: [jobId, ...later.map(({ id }) => id)], ...(group === undefined ? {} : { group }) }
}
