import assert from 'node:assert/strict'
import type {
  ClaimedRun,
  LedgerRow,
  Registration,
  ScheduleEntry,
  TickClaim,
} from '../../../src/connection/index.ts'
import type { Pushable, PushedJob, TickMetadata } from '../../../src/job/index.ts'
import type { Harness } from './harness.ts'

export const nightly: ScheduleEntry = { name: 'nightly', definition: 'every day at 03:00#1' }
export const hourly: ScheduleEntry = { name: 'hourly', definition: 'every hour#1' }

/** Registers a release of some schedules, as its one process. */
export function register(
  { connection }: Harness,
  entries: readonly ScheduleEntry[],
  { deployment = 'first', process = 'host:1' } = {},
): Promise<Registration[]> {
  return connection.ticks.register({ id: deployment, process, entries })
}

/** The same for one schedule that is to be taken. */
export async function registered(
  harness: Harness,
  entry: ScheduleEntry,
  as: { deployment?: string; process?: string } = {},
): Promise<{ anchor: number; cursor: number }> {
  const [registration] = await register(harness, [entry], as)
  assert.equal(registration?.outcome, 'registered')
  return registration
}

/** A row of one tick that fired, or otherwise as it is given. */
export function row(tick: number, fields: Partial<LedgerRow> = {}): LedgerRow {
  return {
    tick,
    first: tick,
    count: 1,
    fate: 'fired',
    reason: null,
    error: null,
    misfire: false,
    lagMs: 3,
    process: 'host:1',
    durationMs: null,
    jobId: null,
    ...fields,
  }
}

/** A claim of one tick that begins no run. */
export function skipping(entry: ScheduleEntry, from: number, to: number): TickClaim {
  return { ...entry, from, to, rows: [row(to, { fate: 'skipped', reason: 'condition' })] }
}

/** A claim of one tick that begins a function. */
export function calling(
  entry: ScheduleEntry,
  from: number,
  to: number,
  run: Partial<ClaimedRun> = {},
): TickClaim {
  const rows = [row(to, { fate: 'running' })]
  return { ...entry, from, to, rows, run: { tick: to, ...run } }
}

/** A claim of one tick that pushes a job. */
export function pushing(
  entry: ScheduleEntry,
  from: number,
  to: number,
  job: PushedJob,
  run: Partial<ClaimedRun> = {},
): TickClaim {
  return { ...entry, from, to, rows: [row(to)], run: { tick: to, job, ...run } }
}

/** A job as a schedule pushes it. */
export function prepared(
  { queue }: Harness,
  job: Pushable,
  tick?: TickMetadata,
  payload: unknown = {},
): Promise<PushedJob> {
  return queue.prepare(job, payload, {}, 0, tick ? { tick } : {})
}

/** Every row of a schedule. */
export function rowsOf({ connection }: Harness, name: string): Promise<LedgerRow[]> {
  return connection.ticks.ledger({ name, from: 0, to: 8e15, limit: 1_000 })
}
