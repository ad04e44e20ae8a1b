import { local, shownIn, shownUtc, table, utc } from '../terminal/index.ts'
import { type Circumstances, fateSentence, lagOf } from './fate-sentence.ts'
import type { ClosedSpan } from './planned-ticks.ts'
import type { FatedTick } from './tick-fates.ts'

/** The fates of a schedule's ticks, and what was asked for. */
export interface ExplainedFates {
  readonly ticks: readonly FatedTick[]
  /** Whether there are more ticks in the span, earlier ones. */
  readonly more: boolean
  readonly span: ClosedSpan
  readonly circumstances: Circumstances
}

/** What `equipage schedule why --json` gives. Instants are ISO 8601 in UTC, `local` with the zone's offset. */
export function fatesJson(given: ExplainedFates) {
  const { span, more, circumstances } = given
  const { name, words: timing, zone } = circumstances.schedule
  return {
    name,
    timing,
    zone,
    from: utc(span.from),
    to: utc(span.to),
    more,
    ticks: given.ticks.map(fated => {
      const { tick, first, count, fate, row } = fated
      return {
        tick: utc(tick),
        local: local(tick, zone),
        first: utc(first),
        count,
        fate,
        reason: row?.reason ?? null,
        error: row?.error ?? null,
        misfire: row?.misfire ?? false,
        lagMs: row && lagOf(tick, row),
        process: row?.process ?? null,
        durationMs: row?.durationMs ?? null,
        jobId: row?.jobId ?? null,
        why: fateSentence(fated, circumstances),
      }
    }),
  }
}

/** The same for a reader: a tick a line. */
export function fatesTable({ ticks, more, span, circumstances }: ExplainedFates): string {
  const { schedule } = circumstances
  const { name, zone } = schedule
  const during = `from ${shownIn(schedule, span.from)} to ${shownIn(schedule, span.to)}`
  if (ticks.length === 0) return `"${name}" has no tick ${during}`
  const rows = ticks.map(fated => [
    spanned(fated, instant => shownIn(schedule, instant)),
    spanned(fated, instant => shownUtc(schedule, instant)),
    fateSentence(fated, circumstances),
  ])
  const listed = table([`tick in ${zone}`, 'in UTC', 'fate'], rows)
  if (!more) return listed
  return `${listed}\n\nthese are the latest ${ticks.length} ${during}; --to or --limit shows the earlier ones`
}

function spanned({ first, tick }: FatedTick, shown: (instant: number) => string): string {
  return first === tick ? shown(tick) : `${shown(first)} to ${shown(tick)}`
}
