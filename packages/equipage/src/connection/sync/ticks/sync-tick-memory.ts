import { randomUUID } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Clock } from '../../../core/index.ts'
import type { PushedJob, Receipt } from '../../../job/index.ts'
import {
  afterHeartbeat,
  afterRegistration,
  registerSchedules,
  silentSince,
} from '../../deployment-rules.ts'
import {
  type CallLease,
  endedRow,
  type Holder,
  interruptedRow,
  lasts,
  leaseOf,
  leasesAtHeartbeat,
} from '../../run-rules.ts'
import type {
  Call,
  ClaimedRun,
  ClaimResult,
  Deployment,
  HeartbeatReply,
  LedgerQuery,
  LedgerRetention,
  LedgerRow,
  Registration,
  RunEnd,
  SchedulerReport,
  Span,
  StoredSchedule,
  TickClaim,
  TickMemory,
} from '../../tick-memory.ts'
import { afterClaim, afterOverlap, refusal, runBefore, withPause } from '../../tick-rules.ts'
import { type Admission, anyUnfinished, isGroupUnfinished, type JobLeases } from '../jobs/index.ts'
import type { StateFile, Tables } from '../state/index.ts'
import {
  endPause,
  keepDowntime,
  keepSpan,
  readDeployments,
  writeDeployments,
} from './sync-deployments.ts'
import { changeRow, lastRows, readRows, writeRows } from './sync-ledger.ts'
import { readSchedule, readSchedules, writeSchedule } from './sync-schedules.ts'

/** Runs the first attempt of a job, when it was taken in for that. */
type Pushed = (job: PushedJob, id: string, admission: Admission) => Promise<Receipt>

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
      const before = await readDeployments(tables)
      const { state, isCurrent, downtime } = afterRegistration(before, deployment, now)
      await keepDowntime(tables, downtime)
      await writeDeployments(tables, before, state)
      const known = await readSchedules(tables)
      const { entries } = deployment
      const registered = registerSchedules(known, entries, isCurrent, now)
      for (const [name, changed] of registered.changed) await writeSchedule(tables, name, changed)
      for (const name of registered.forgotten) {
        await tables.deleteFrom('schedules').where('name', '=', name).execute()
        await endPause(tables, name, now)
      }
      return registered.registrations
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
    const { name, run } = claim
    const known = await readSchedule(tables, name)
    const refused = refusal(claim, known)
    if (refused || !known) return refused ?? { outcome: 'forgotten' }
    if (await this.#isUnfinished(tables, name, runBefore(claim, known))) {
      const next = afterOverlap(claim, known)
      if (next !== known) await writeSchedule(tables, name, next)
      return { outcome: 'overlapping' }
    }
    const admission = run && (await this.#begin(tables, name, run, jobId))
    const conflictingId = admission?.state === 'refused' ? admission.conflictingId : undefined
    const { state, rows } = afterClaim(claim, known, { jobId, conflictingId })
    await writeSchedule(tables, name, state)
    await writeRows(tables, name, rows, this.#retention)
    return { admission }
  }

  /** The job is taken in, or the function gets its lease. */
  async #begin(
    tables: Kysely<Tables>,
    name: string,
    { tick, job }: ClaimedRun,
    jobId = '',
  ): Promise<Admission | undefined> {
    if (job) return this.#leases.admitWithin(tables, job, jobId)
    await keepLease(tables, leaseOf({ name, tick }, this.now()))
    return undefined
  }

  /** Whether a run goes on: its jobs are there and have not failed, or its lease lasts. */
  async #isUnfinished(
    tables: Kysely<Tables>,
    name: string,
    holder: Holder | null,
  ): Promise<boolean> {
    if (!holder) return false
    if ('jobs' in holder) {
      const { jobs, group } = holder
      if (group !== undefined && (await isGroupUnfinished(tables, group))) return true
      return anyUnfinished(tables, jobs)
    }
    const lease = (await readLeases(tables)).find(
      call => call.name === name && call.tick === holder.call,
    )
    return lease !== undefined && lasts(lease, this.now())
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
      const before = await readDeployments(tables)
      const { state, current, downtime } = afterHeartbeat(before, report, now)
      await keepDowntime(tables, downtime)
      await writeDeployments(tables, before, state)
      const leases = leasesAtHeartbeat(await readLeases(tables), report.calls, now)
      const { renewed, lost, interrupted } = leases
      for (const lease of renewed) await keepLease(tables, lease)
      for (const call of interrupted) {
        await dropLease(tables, call)
        await changeRow(tables, call, interruptedRow)
      }
      return { current, lost, interrupted }
    })
  }

  endRun(end: RunEnd): Promise<void> {
    return this.#inOneStep(async tables => {
      await dropLease(tables, end)
      await changeRow(tables, end, row => endedRow(row, end))
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
      const now = this.now()
      const changed = withPause(await readSchedule(tables, name), paused, now)
      if (!changed) return false
      await writeSchedule(tables, name, changed)
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
    return silentSince(await readDeployments(await this.#file.toRead()), this.now())
  }

  async #spans(schedule: string | null): Promise<Span[]> {
    const tables = await this.#file.toRead()
    const spans = await tables
      .selectFrom('spans')
      .select(['from', 'to'])
      .where('schedule', 'is', schedule)
      .orderBy('id')
      .execute()
    return spans.map(({ from, to }) => ({ from, to }))
  }

  /** One transaction: it happens as a whole or not at all, and no other writes meanwhile. */
  async #inOneStep<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T> {
    return (await this.#file.tables()).transaction().execute(work)
  }
}

async function readLeases(tables: Kysely<Tables>): Promise<CallLease[]> {
  const rows = await tables.selectFrom('calls').selectAll().execute()
  return rows.map(({ schedule, tick, leased_until }) => ({
    name: schedule,
    tick,
    leasedUntil: leased_until,
  }))
}

/** In the place of an older one: a tick may be offered again when a file was put back. */
async function keepLease(
  tables: Kysely<Tables>,
  { name, tick, leasedUntil }: CallLease,
): Promise<void> {
  const row = { schedule: name, tick, leased_until: leasedUntil }
  await tables.replaceInto('calls').values(row).execute()
}

async function dropLease(tables: Kysely<Tables>, { name, tick }: Call): Promise<void> {
  const calls = tables.deleteFrom('calls').where('schedule', '=', name)
  await calls.where('tick', '=', tick).execute()
}
