import type { Fate, LedgerRow, Reason } from '../../tick-memory.ts'

/**
 * A row as Redis keeps it: the pushed job's id, a blank, and a JSON array. The tick is the row's
 * score. The scripts write the id, and change fate, reason, error and duration.
 */
type Fields = [
  first: number,
  count: number,
  fate: Fate,
  reason: Reason | null,
  error: string | null,
  misfire: 0 | 1,
  lagMs: number,
  process: string,
  durationMs: number | null,
]

/** Without the id of the job, which the script puts in front. */
export function rowText(row: LedgerRow): string {
  const { first, count, fate, reason, error, misfire, lagMs, process, durationMs } = row
  const fields: Fields = [
    first,
    count,
    fate,
    reason,
    error,
    misfire ? 1 : 0,
    lagMs,
    process,
    durationMs,
  ]
  return JSON.stringify(fields)
}

export function readRow(text: string, tick: number): LedgerRow {
  const blank = text.indexOf(' ')
  const fields = JSON.parse(text.slice(blank + 1)) as Fields
  const [first, count, fate, reason, error, misfire, lagMs, process, durationMs] = fields
  const jobId = text.slice(0, blank) || null
  return {
    tick,
    first,
    count,
    fate,
    reason,
    error,
    misfire: misfire === 1,
    lagMs,
    process,
    durationMs,
    jobId,
  }
}
