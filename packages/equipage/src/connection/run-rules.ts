import {
  type Call,
  type ClaimedRun,
  callLeaseMs,
  type LedgerRow,
  leasesEndedAtOnce,
  type RunEnd,
} from './tick-memory.ts'

/** What an overlap policy waits for: a function by its tick, or the jobs and the group of a pushed run. */
export type Holder =
  | { readonly call: number }
  | { readonly jobs: readonly string[]; readonly group?: string }

/** A function that runs, and until when it may go on without a heartbeat of its process. */
export interface CallLease extends Call {
  readonly leasedUntil: number
}

/** What became of a claimed run: the id of its job, if it has one; or of the job that its push was refused for. */
export interface BegunRun {
  readonly jobId?: string | undefined
  readonly conflictingId?: string | undefined
}

/** What the next run has to wait for. */
export function holderOf({ tick, later = [], group }: ClaimedRun, jobId?: string): Holder {
  if (jobId === undefined) return { call: tick }
  const jobs = [jobId, ...later.map(({ id }) => id)]
  return group === undefined ? { jobs } : { jobs, group }
}

/** The row of the tick that begins a run, or whose push was refused. */
export function begunRow(row: LedgerRow, { jobId, conflictingId }: BegunRun): LedgerRow {
  if (conflictingId === undefined) return { ...row, jobId: jobId ?? null }
  return { ...row, fate: 'skipped', reason: 'refused', jobId: conflictingId }
}

/** The row of a run that has ended: of a pushed job it learns the duration alone. */
export function endedRow(row: LedgerRow, end: RunEnd): LedgerRow {
  const durationMs = Math.round(end.durationMs)
  if (row.fate === 'fired') return { ...row, durationMs }
  const waited = row.reason === 'queued' ? row.reason : null
  const reason = end.fate === 'failed' ? 'error' : waited
  return { ...row, fate: end.fate, reason, error: end.error || null, durationMs }
}

/** The row of a function whose lease has run out. */
export function interruptedRow(row: LedgerRow): LedgerRow {
  return { ...row, fate: 'failed', reason: 'interrupted' }
}

export function leaseOf({ name, tick }: Call, now: number): CallLease {
  return { name, tick, leasedUntil: now + callLeaseMs }
}

export function lasts(lease: CallLease, now: number): boolean {
  return lease.leasedUntil > now
}

/**
 * What a heartbeat makes of the leases: those of its process begin again, unless they have run
 * out (`lost`); those of any process that have run out end, the oldest first.
 */
export function leasesAtHeartbeat(
  leases: readonly CallLease[],
  calls: readonly Call[],
  now: number,
): { renewed: CallLease[]; lost: Call[]; interrupted: Call[] } {
  const known = new Map(leases.map(lease => [idOf(lease), lease]))
  const renewed: CallLease[] = []
  const lost: Call[] = []
  for (const { name, tick } of calls) {
    const lease = known.get(idOf({ name, tick }))
    if (lease && lasts(lease, now)) renewed.push(leaseOf(lease, now))
    else lost.push({ name, tick })
  }
  const interrupted = leases
    .filter(lease => !lasts(lease, now))
    .toSorted((one, other) => one.leasedUntil - other.leasedUntil)
    .slice(0, leasesEndedAtOnce)
    .map(({ name, tick }) => ({ name, tick }))
  return { renewed, lost, interrupted }
}

function idOf({ name, tick }: Call): string {
  return `${tick} ${name}`
}
