import type { Fate, LedgerRow } from '../../connection/index.ts'
import type { Timing } from '../../schedule/index.ts'
import { type ClosedSpan, hasTicks, latestTicks } from './planned-ticks.ts'
import { hasEnded, type ScheduleState } from './schedule-state.ts'

/**
 * What became of a planned tick. Beside the fates of the ledger:
 *
 * | fate | when |
 * |---|---|
 * | pending | it is after the cursor: not decided yet |
 * | before registration | it is not after the anchor: nobody was to decide it |
 * | not kept | it was decided, and its row has been dropped since |
 * | ended | the function had answered `stop` before it |
 */
export type TickFate = Fate | 'pending' | 'before registration' | 'not kept' | 'ended'

/** A tick and its fate, or several that share one. */
export interface FatedTick {
  /** Epoch milliseconds; the last of several. */
  readonly tick: number
  /** The first of several; the tick itself when it is one. */
  readonly first: number
  readonly count: number
  readonly fate: TickFate
  /** Of the ledger; null for a tick that has none. It may stand for other ticks as well. */
  readonly row: LedgerRow | null
}

/** What is known of the ticks of a span. */
export interface Known {
  readonly timing: Timing
  readonly state: ScheduleState
  /** The rows that reach into the span, in the order of their ticks; the latest alone when there are more than `limit`. */
  readonly rows: readonly LedgerRow[]
  readonly span: ClosedSpan
  readonly limit: number
}

/** Rows of more ticks than this are not counted over again, and shown as they are. */
const mostCounted = 1_000_000

/**
 * Every planned tick of a span with its fate, in the order of their ticks.
 * @returns the latest `limit`, and whether there are more
 */
export function tickFates(known: Known): { ticks: FatedTick[]; more: boolean } {
  const all = [...ofRows(known), ...withoutRow(known)].sort((a, b) => a.tick - b.tick)
  return { ticks: all.slice(-known.limit), more: all.length > known.limit }
}

/** The ticks of the rows, the latest first, and one more than can be shown. */
function ofRows({ timing, state, rows, span, limit }: Known): FatedTick[] {
  const found: FatedTick[] = []
  for (const row of rows.toReversed()) {
    if (found.length > limit) break
    const { first, tick, count, fate } = row
    const own = { from: first, to: tick }
    // A row may be older than the timing, whose ticks are then not the ones that it stands for.
    if (count === 1 || count > mostCounted || !hasTicks(timing, state.anchor, own, count)) {
      found.push({ tick, first, count, fate, row })
      continue
    }
    const inside = { from: Math.max(first, span.from), to: Math.min(tick, span.to) }
    const ticks = latestTicks(timing, state.anchor, inside, limit + 1)
    for (const one of ticks) found.push({ tick: one, first: one, count: 1, fate, row })
  }
  return found
}

/** The planned ticks that no row stands for. */
function withoutRow(known: Known): FatedTick[] {
  const { timing, state, rows, span, limit } = known
  const found: FatedTick[] = []
  let at = 0
  for (const tick of latestTicks(timing, state.anchor, span, limit + 1)) {
    while ((rows[at]?.tick ?? Number.POSITIVE_INFINITY) < tick) at++
    if ((rows[at]?.first ?? Number.POSITIVE_INFINITY) <= tick) continue
    found.push({ tick, first: tick, count: 1, fate: fateWithoutRow(tick, state), row: null })
  }
  return found
}

function fateWithoutRow(tick: number, state: ScheduleState): TickFate {
  const { anchor, cursor, last } = state
  if (tick <= anchor) return 'before registration'
  if (hasEnded(state) && tick > (last?.tick ?? anchor)) return 'ended'
  return tick > cursor ? 'pending' : 'not kept'
}
