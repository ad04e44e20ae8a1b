import type { LedgerRow, Span } from '../../connection/index.ts'
import { humanDuration } from '../../core/index.ts'
import type { Schedule } from '../../schedule/index.ts'
import { shownIn } from '../terminal/index.ts'
import type { ScheduleState } from './schedule-state.ts'
import type { FatedTick } from './tick-fates.ts'

/** What the fates of a schedule's ticks are explained with. */
export interface Circumstances {
  readonly schedule: Schedule
  readonly state: ScheduleState
  /** When it was paused. */
  readonly pauses: readonly Span[]
  /** When no scheduler was running. */
  readonly downtimes: readonly Span[]
  /** Epoch milliseconds. */
  readonly now: number
}

/** Why a tick has the fate that it has, in a sentence that begins with the fate. */
export function fateSentence(fated: FatedTick, given: Circumstances): string {
  const { row } = fated
  if (row) return `${fated.count > 1 ? `${fated.count} ticks: ` : ''}${ofRow(fated, row, given)}`
  if (fated.fate === 'pending') return pending(fated.tick, given)
  if (fated.fate === 'before registration') return beforeRegistration(given)
  if (fated.fate === 'ended') return 'ended: its function had answered stop'
  return 'not kept: it was decided, and its row is older or one more than SCHEDULER_LEDGER_AGE and SCHEDULER_LEDGER_COUNT keep'
}

/** How late a tick was decided: a row that stands for several says it of the last. */
export const lagOf = (tick: number, row: LedgerRow): number => row.lagMs + (row.tick - tick)

function ofRow({ tick }: FatedTick, row: LedgerRow, given: Circumstances): string {
  switch (row.fate) {
    case 'fired':
      return fired(row)
    case 'running':
      return `running since ${at(row.tick + row.lagMs, given)} in ${row.process}`
    case 'skipped':
      return `skipped: ${whySkipped(tick, row, given)}`
    case 'missed':
      return `missed: ${whyMissed(tick, row, given)}, and ${policy(given)}`
    case 'failed':
      return `failed: ${whyFailed(row)}`
  }
}

function fired(row: LedgerRow): string {
  const late = row.lagMs > 0 ? `${humanDuration(row.lagMs)} late` : 'on time'
  const how = row.misfire
    ? `${late}, as a misfire,`
    : row.reason === 'queued'
      ? `${late}, when the run before had ended,`
      : late
  const job = row.jobId === null ? '' : ` as job ${row.jobId}`
  return `fired ${how} by ${row.process}${job}${took(row)}`
}

const took = ({ durationMs }: LedgerRow): string =>
  durationMs === null ? '' : `, and took ${humanDuration(durationMs)}`

function whySkipped(tick: number, row: LedgerRow, given: Circumstances): string {
  switch (row.reason) {
    case 'overlap':
      return 'the run before had not ended'
    case 'condition':
      return 'a condition was not met'
    case 'environment': {
      const { environments } = given.schedule
      const only =
        environments.length > 0 ? `, and it fires in ${environments.join(', ')} alone` : ''
      return `${row.process} ran in another environment${only}`
    }
    case 'refused':
      return `its job was refused, because job ${row.jobId} of the same key was in its way`
    case 'paused':
      return paused(spanAround(given.pauses, tick), given)
    default:
      return row.error ?? row.reason ?? 'no reason was written down'
  }
}

function whyMissed(tick: number, row: LedgerRow, given: Circumstances): string {
  // Whoever decided it was there: a time without a scheduler that goes on came later.
  const down = spanAround(
    given.downtimes.filter(({ to }) => to !== null),
    tick,
  )
  if (down) return notRunning(down, given)
  return `it was decided ${humanDuration(lagOf(tick, row))} late by ${row.process}`
}

function whyFailed(row: LedgerRow): string {
  if (row.reason === 'interrupted') return `interrupted, its process ${row.process} died`
  return `${row.error ?? 'no error was written down'} (in ${row.process}${took(row)})`
}

function pending(tick: number, given: Circumstances): string {
  const { pausedAt } = given.state
  if (tick > given.now) {
    const until = pausedAt === null ? '' : `, and ${paused({ from: pausedAt, to: null }, given)}`
    return `pending: it is not due yet${until}`
  }
  if (pausedAt !== null && pausedAt <= tick) {
    return `pending: not decided yet; ${paused({ from: pausedAt, to: null }, given)}, so a scheduler will skip it`
  }
  const down = given.downtimes.findLast(({ to }) => to === null)
  const why = down ? ` (${notRunning(down, given)})` : ''
  return `pending: not decided yet${why}; a scheduler decides it by its misfire policy, and ${policy(given)}`
}

function beforeRegistration(given: Circumstances): string {
  const { registered, anchor } = given.state
  if (!registered) return 'before registration: no scheduler has registered this timing yet'
  return `before registration: it was registered at ${at(anchor, given)}`
}

/** What the misfire policy does. */
function policy({ schedule: { misfire, misfireWithinMs } }: Circumstances): string {
  const does = {
    skip: 'skips misfires',
    once: 'fires the latest misfire alone',
    all: 'fires every misfire',
  }
  const within = misfireWithinMs === null ? '' : `, up to ${humanDuration(misfireWithinMs)} late`
  return `the policy ${does[misfire]}${misfire === 'skip' ? '' : within}`
}

const paused = (span: Span | undefined, given: Circumstances): string => {
  if (!span) return 'it was paused'
  return `it ${span.to === null ? 'is' : 'was'} paused ${during(span, given)}`
}

const notRunning = (span: Span, given: Circumstances): string =>
  span.to === null
    ? `no scheduler is running since ${at(span.from, given)}`
    : `no scheduler was running ${during(span, given)}`

const during = ({ from, to }: Span, given: Circumstances): string =>
  to === null ? `since ${at(from, given)}` : `from ${at(from, given)} to ${at(to, given)}`

const at = (instant: number, { schedule }: Circumstances): string => shownIn(schedule, instant)

const spanAround = (spans: readonly Span[], tick: number): Span | undefined =>
  spans.findLast(({ from, to }) => from <= tick && tick <= (to ?? Number.POSITIVE_INFINITY))
