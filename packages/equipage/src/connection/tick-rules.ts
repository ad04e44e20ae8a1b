import { type BegunRun, begunRow, type Holder, holderOf } from './run-rules.ts'
import type { ClaimResult, LedgerRetention, LedgerRow, TickClaim } from './tick-memory.ts'

/** What is remembered of a schedule. Times are epoch milliseconds. */
export interface ScheduleState {
  readonly definition: string
  readonly anchor: number
  readonly cursor: number
  readonly pausedAt: number | null
  /** The run that was begun last under an overlap policy. */
  readonly holder: Holder | null
  /** The tick that waits for that run. */
  readonly waiting: number | null
}

/** Why a claim is refused, before anybody asks whether the run before has ended; undefined when nothing is against it. */
export function refusal(
  claim: TickClaim,
  state: ScheduleState | undefined,
): Exclude<ClaimResult, { outcome: 'claimed' }> | undefined {
  if (!state) return { outcome: 'forgotten' }
  if (state.definition !== claim.definition) return { outcome: 'superseded' }
  if (state.cursor !== claim.from) return { outcome: 'already-claimed', cursor: state.cursor }
  const { run } = claim
  if (!run) return undefined
  if (state.pausedAt !== null) return { outcome: 'paused' }
  const { waiting } = state
  const another = waiting !== null && waiting > claim.from && waiting !== run.tick
  if (run.overlap === 'queue' && another) return { outcome: 'queued', tick: waiting }
  return undefined
}

/** The run that has to end before the claim's may begin; null when its policy waits for none. */
export function runBefore({ run }: TickClaim, { holder }: ScheduleState): Holder | null {
  return run?.overlap ? holder : null
}

/** The schedule after a claim that was refused because the run before goes on. */
export function afterOverlap({ run }: TickClaim, state: ScheduleState): ScheduleState {
  return run?.overlap === 'queue' ? { ...state, waiting: run.tick } : state
}

/** The schedule after a claim that decided its ticks, and the rows that the ledger gets. */
export function afterClaim(
  { run, to, rows }: TickClaim,
  state: ScheduleState,
  begun: BegunRun = {},
): { state: ScheduleState; rows: LedgerRow[] } {
  const begins = run?.overlap && begun.conflictingId === undefined
  const waits = state.waiting !== null && state.waiting > to
  return {
    state: {
      ...state,
      cursor: to,
      holder: begins ? holderOf(run, begun.jobId) : state.holder,
      waiting: waits ? state.waiting : null,
    },
    rows: rows.map(row => (row.tick === run?.tick ? begunRow(row, begun) : row)),
  }
}

/**
 * The earliest tick whose row is kept.
 * @param written the last tick whose row was written
 * @param countth the tick of the row that is the last one within the count; undefined when there are fewer
 */
export function keptFrom(
  written: number,
  countth: number | undefined,
  { ageMs }: LedgerRetention,
): number {
  return Math.max(written - ageMs, countth ?? Number.NEGATIVE_INFINITY)
}

/** A schedule that is paused, or resumed; undefined when that changes nothing. */
export function withPause(
  state: ScheduleState | undefined,
  paused: boolean,
  now: number,
): ScheduleState | undefined {
  if (!state || (state.pausedAt !== null) === paused) return undefined
  return { ...state, pausedAt: paused ? now : null }
}
