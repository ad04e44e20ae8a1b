import type { Fate, LedgerRow, Reason } from '../../connection/index.ts'
import type { DueTick, Stretch } from './due-ticks.ts'

/** Who decides, and how late. */
export interface Decider {
  /** Host and process id. */
  readonly process: string
  /** How long ago a tick was, in milliseconds, 0 or more. */
  lagMs(instant: number): number
}

const blank = { error: null, misfire: false, durationMs: null, jobId: null }

/** The row of a tick, as its claim writes it. */
export function tickRow(
  due: DueTick,
  fate: Fate,
  decider: Decider,
  fields: { reason?: Reason; error?: string } = {},
): LedgerRow {
  const { instant, misfire, queued } = due
  const reason = fields.reason ?? (queued ? 'queued' : null)
  const row = { ...blank, tick: instant, first: instant, count: 1, fate, reason, misfire }
  const { process } = decider
  return { ...row, error: fields.error ?? null, lagMs: decider.lagMs(instant), process }
}

/** The one row of dropped ticks in a row. */
export function droppedRow({ fate, first, last, count }: Stretch, decider: Decider): LedgerRow {
  const [outcome, reason] =
    fate === 'missed' ? (['missed', null] as const) : (['skipped', fate] as const)
  const row = { ...blank, tick: last, first, count, fate: outcome, reason }
  return { ...row, lagMs: decider.lagMs(last), process: decider.process }
}
