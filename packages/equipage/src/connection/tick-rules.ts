import { type ClaimResult, type ScheduleEntry, type TickClaim, timingOf } from './tick-memory.ts'

/** What a claim is held against. */
export interface ClaimedState {
  readonly definition: string
  readonly cursor: number
  readonly paused: boolean
  /** The tick that waits for the holder. */
  readonly waiting: number | null
}

/** Why a claim is refused, before anybody asks whether the run before has ended; undefined when nothing is against it. */
export function refusal(
  claim: TickClaim,
  state: ClaimedState | undefined,
): Exclude<ClaimResult, { outcome: 'claimed' }> | undefined {
  if (!state) return { outcome: 'forgotten' }
  if (state.definition !== claim.definition) return { outcome: 'superseded' }
  if (state.cursor !== claim.from) return { outcome: 'already-claimed', cursor: state.cursor }
  const { run } = claim
  if (!run) return undefined
  if (state.paused) return { outcome: 'paused' }
  const { waiting } = state
  const another = waiting !== null && waiting > claim.from && waiting !== run.tick
  if (run.overlap === 'queue' && another) return { outcome: 'queued', tick: waiting }
  return undefined
}

/** Whether a schedule keeps anchor and cursor when it is registered. */
export function keepsPlace(
  known: Pick<ScheduleEntry, 'definition'>,
  entry: ScheduleEntry,
): boolean {
  return timingOf(known.definition) === timingOf(entry.definition)
}
