import type { ScheduleState } from '../../../src/cli/schedule/schedule-state.ts'
import type { LedgerRow } from '../../../src/connection/index.ts'

/** Epoch milliseconds of an instant on 2026-11-21: `'10:00'`, `'10:00:30'`, in UTC. */
export const on = (time: string): number =>
  Date.parse(`2026-11-21T${time.length === 5 ? `${time}:00` : time}Z`)

/** A row of the ledger for a tick on 2026-11-21, or at an epoch millisecond: it fired on time, and what differs from that. */
export function row(tick: string | number, differs: Partial<LedgerRow> = {}): LedgerRow {
  const at = typeof tick === 'number' ? tick : on(tick)
  const blank = { reason: null, error: null, durationMs: null, jobId: null }
  return {
    ...blank,
    tick: at,
    first: at,
    count: 1,
    fate: 'fired',
    misfire: false,
    lagMs: 0,
    process: 'host:1',
    ...differs,
  }
}

/** A schedule that was registered at 09:00, decided up to a tick. */
export function state(cursor: string, differs: Partial<ScheduleState> = {}): ScheduleState {
  const blank = { pausedAt: null, last: null }
  return { registered: true, anchor: on('09:00'), cursor: on(cursor), ...blank, ...differs }
}
