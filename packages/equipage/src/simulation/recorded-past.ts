import {
  keepsPlace,
  type LedgerRow,
  type Span,
  type StoredSchedule,
  type TickMemory,
} from '../connection/index.ts'
import { endOfTime, latestTick, type Schedule } from '../schedule/index.ts'
import type { RunsOf, SimulatedRun } from './simulated-action.ts'
import type { StartingPoint } from './simulation.ts'

/** What a connection knows that a simulation needs. */
export interface RecordedPast {
  /** Where the simulation has to begin: earlier than was asked for when a run or a downtime was under way there. */
  readonly from: number
  readonly standings: ReadonlyMap<string, StartingPoint>
  /** Names of schedules that nobody had registered, with their timing, before the span ended. */
  readonly unregistered: readonly string[]
  readonly downs: readonly Span[]
  readonly pauses: ReadonlyMap<string, readonly Span[]>
  readonly runs: RunsOf
}

/** A run that began longer before is not looked for. */
const longestRunMs = 86_400_000
/** Rows of one schedule; more than any ledger keeps. */
const allRows = 1_000_000

/**
 * Reads what a simulation of these schedules from then on needs: where they stood, when nobody
 * ran, when they were paused, and how long their runs lasted.
 * @param span epoch milliseconds
 * @param downs in the place of the recorded ones
 */
export async function recordedPast<App>(
  memory: TickMemory,
  schedules: readonly Schedule<App>[],
  span: { readonly from: number; readonly to: number },
  downs?: readonly Span[],
): Promise<RecordedPast> {
  const stored = new Map((await memory.stored(schedules.map(nameOf))).map(one => [one.name, one]))
  const histories = await Promise.all(
    schedules.map(schedule => historyOf(memory, schedule, stored.get(nameOf(schedule)), span.to)),
  )
  const recorded = downs ?? withoutSigns(await memory.downtimes(), histories)
  const runs = runsOf(histories, recorded)
  const from = quietMoment(span.from, recorded, histories, runs)
  return {
    from,
    downs: recorded,
    standings: new Map(
      histories.map(history => [history.name, startingPoint(history, from, span.from)]),
    ),
    unregistered: histories.flatMap(({ name, stored }) => (stored ? [] : name)),
    pauses: new Map(histories.map(({ name, pauses }) => [name, pauses])),
    runs,
  }
}

/** What is recorded of one schedule. */
interface History {
  readonly name: string
  readonly schedule: Pick<Schedule, 'timing' | 'overlap'>
  /** Undefined when it was not registered with this timing before the span ended. */
  readonly stored: StoredSchedule | undefined
  /** In the order of their ticks. */
  readonly rows: readonly LedgerRow[]
  readonly pauses: readonly Span[]
  /** A tick waits at this moment: the latest run has not ended. */
  readonly waits: boolean
}

async function historyOf<App>(
  memory: TickMemory,
  schedule: Schedule<App>,
  stored: StoredSchedule | undefined,
  to: number,
): Promise<History> {
  const name = nameOf(schedule)
  const { timing, overlap, definition } = schedule
  const [rows, pauses] = await Promise.all([
    memory.ledger({ name, from: 0, to: endOfTime, limit: allRows }),
    memory.pauses(name),
  ])
  const same = stored && keepsPlace(stored, { name, definition })
  const ours = same && stored.anchor <= to ? stored : undefined
  const next = ours ? timing.next(ours.cursor, ours.anchor) : null
  const waits = overlap === 'queue' && next !== null && next <= memory.now()
  return { name, schedule: { timing, overlap }, stored: ours, rows, pauses, waits }
}

const nameOf = <App>({ name = '' }: Schedule<App>): string => name

const decidedAt = ({ tick, lagMs }: LedgerRow): number => tick + lagMs

/**
 * A process that is killed gave its last sign of life some seconds before: what it decided after
 * that, a function that ended, a tick that began to wait, shows that it was still there.
 */
function withoutSigns(downs: readonly Span[], histories: readonly History[]): Span[] {
  const rows = histories.flatMap(history => history.rows)
  const heartbeat = rows.flatMap(signsOf)
  const waits = histories.flatMap(waitsOf)
  return downs.map(({ from, to }) => {
    const end = to ?? Number.POSITIVE_INFINITY
    // The first tick that was decided only when it was over: nobody was there when it was due.
    const goneBy = rows
      .filter(row => row.first > from && decidedAt(row) >= end && row.reason !== 'queued')
      .reduce((least, { first }) => Math.min(least, first), end)
    const shown = [...heartbeat.filter(at => at < end), ...waits.filter(at => at < goneBy)]
    return { from: shown.reduce((latest, at) => Math.max(latest, at), from), to }
  })
}

/** Moments at which a row shows that a process was there. */
function signsOf(row: LedgerRow): number[] {
  // The end of a job tells of its worker alone.
  if (row.jobId !== null || row.durationMs === null) return [decidedAt(row)]
  return [decidedAt(row), decidedAt(row) + row.durationMs]
}

/** When ticks began to wait: at their own time, if the run that they waited for had begun by then. */
function waitsOf({ rows }: History): number[] {
  const begun = rows.filter(begins)
  return begun.flatMap((row, index) => {
    const before = begun[index - 1]
    return row.reason === 'queued' && before && decidedAt(before) <= row.tick ? row.tick : []
  })
}

/** The latest moment up to the one asked for at which nothing was under way. */
function quietMoment(
  from: number,
  downs: readonly Span[],
  histories: readonly History[],
  runs: RunsOf,
): number {
  const spans: { from: number; to: number }[] = downs.map(span => ({
    from: span.from,
    to: span.to ?? Number.POSITIVE_INFINITY,
  }))
  for (const { name, schedule, rows } of histories) {
    if (schedule.overlap === 'allow') continue
    for (const row of rows) {
      const began = decidedAt(row)
      if (began < from - longestRunMs || !begins(row)) continue
      // A function that waited and then failed is on record for its failure alone.
      const waited = schedule.overlap === 'queue'
      spans.push({ from: waited ? row.tick : began, to: began + runs(name, row.tick).durationMs })
    }
  }
  let quiet = from
  for (;;) {
    const before = spans.find(span => span.from < quiet && quiet < span.to)
    if (!before) return quiet
    quiet = before.from
  }
}

/** The payload of a push could not be made: nothing ran. */
const isUnmade = ({ fate, reason, durationMs }: LedgerRow): boolean =>
  fate === 'failed' && reason === 'error' && durationMs === null

const begins = (row: LedgerRow): boolean =>
  row.fate === 'fired' || row.fate === 'running' || (row.fate === 'failed' && !isUnmade(row))

/** Its function answered `stop`: after the last run that began, as far as the ledger tells. */
const hasStopped = ({ cursor }: StoredSchedule): boolean => cursor >= endOfTime

/** Where a schedule stood at a moment; one that was not registered is so when the span begins. */
function startingPoint(history: History, at: number, spanFrom: number): StartingPoint {
  const { stored, rows, schedule } = history
  if (!stored) return { anchor: spanFrom, cursor: spanFrom - 1 }
  const { anchor } = stored
  const stoppedBy = hasStopped(stored) ? rows.findLast(begins) : undefined
  if (hasStopped(stored) && (!stoppedBy || decidedAt(stoppedBy) < at)) {
    return { anchor, cursor: endOfTime }
  }
  if (anchor >= at) return { anchor, cursor: anchor }
  const decided = rows.findLast(row => decidedAt(row) < at && row.tick > anchor)?.tick
  const planned = decided ?? latestTick(schedule.timing, anchor, anchor, at - 1)?.tick
  return { anchor, cursor: planned ?? anchor }
}

function runsOf(histories: readonly History[], downs: readonly Span[]): RunsOf {
  const known = new Map(
    histories.map(history => [history.name, knownRuns(history, downs)] as const),
  )
  return (schedule, tick) => {
    const { runs, usualMs } = known.get(schedule) ?? { runs: undefined, usualMs: 0 }
    return runs?.get(tick) ?? { durationMs: usualMs, error: null, stops: false }
  }
}

function knownRuns(
  { stored, rows, schedule, waits }: History,
  downs: readonly Span[],
): { runs: ReadonlyMap<number, SimulatedRun>; usualMs: number } {
  const begun = rows.filter(begins)
  const usualMs = median(begun.flatMap(({ durationMs }) => durationMs ?? []))
  const stoppedAt = stored && hasStopped(stored) ? begun.at(-1)?.tick : undefined
  const runs = new Map<number, SimulatedRun>()
  for (const row of rows.filter(isUnmade))
    runs.set(row.tick, { durationMs: 0, error: row.error ?? '', stops: false })
  for (const [index, row] of begun.entries()) {
    const { tick, error, reason } = row
    const next = begun[index + 1]
    const bounds = boundsOf(row, rows, next, schedule)
    const goesOn = waits && !next
    const durationMs = lengthOf(row, downs, goesOn ? Number.POSITIVE_INFINITY : usualMs, bounds)
    const failed = reason === 'error' ? (error ?? '') : null
    runs.set(tick, { durationMs, error: failed, stops: tick === stoppedAt })
  }
  return { runs, usualMs }
}

/** What the ticks after a run tell of its length, where runs do not overlap: milliseconds, both ends included. */
function boundsOf(
  row: LedgerRow,
  rows: readonly LedgerRow[],
  next: LedgerRow | undefined,
  { overlap }: History['schedule'],
): { leastMs: number; mostMs: number } {
  const began = decidedAt(row)
  if (overlap === 'allow') return { leastMs: 0, mostMs: Number.POSITIVE_INFINITY }
  const held = rows.findLast(
    ({ tick, reason }) => reason === 'overlap' && tick < (next?.tick ?? Number.POSITIVE_INFINITY),
  )
  return {
    leastMs: held && held.tick > row.tick ? decidedAt(held) - began + 1 : 0,
    mostMs: next ? decidedAt(next) - began : Number.POSITIVE_INFINITY,
  }
}

/** How long a run lasted, as far as that is known; else the usual length, within its bounds. */
function lengthOf(
  row: LedgerRow,
  downs: readonly Span[],
  usualMs: number,
  { leastMs, mostMs }: ReturnType<typeof boundsOf>,
): number {
  if (row.durationMs !== null) return row.durationMs
  if (row.fate === 'running') return Number.POSITIVE_INFINITY
  const began = decidedAt(row)
  const died = downs.some(({ from }) => from >= began && from - began <= mostMs)
  if (row.reason === 'interrupted' && died) return Number.POSITIVE_INFINITY
  return Math.max(leastMs, Math.min(usualMs, mostMs))
}

/** The middle one, the lower of the two where there is an even number; 0 of none. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0
}
