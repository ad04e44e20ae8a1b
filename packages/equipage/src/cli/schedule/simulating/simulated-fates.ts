import { humanDuration } from '../../../core/index.ts'
import type { Schedule } from '../../../schedule/index.ts'
import type { SimulatedTick } from '../../../simulation/index.ts'
import { local, table, utc } from '../../terminal/index.ts'
import type { ClosedSpan } from '../planned-ticks.ts'

/** Those within a span, in the order of their moments, at one moment in the order of the schedules. */
export function ticksWithin(
  ticks: readonly SimulatedTick[],
  schedules: readonly Schedule[],
  { from, to }: ClosedSpan,
): SimulatedTick[] {
  const places = new Map(schedules.map(({ name = '' }, place) => [name, place]))
  const placeOf = ({ schedule }: SimulatedTick) => places.get(schedule) ?? 0
  return ticks
    .filter(({ tick }) => tick >= from && tick <= to)
    .sort((a, b) => a.tick - b.tick || placeOf(a) - placeOf(b))
}

/** What `equipage schedule simulate --json` gives. Instants are ISO 8601 in UTC, `local` with the zone's offset. */
export function simulatedJson(ticks: readonly SimulatedTick[], zone: string) {
  return ticks.map(({ schedule, tick, fate, reason, misfire, lagMs, durationMs }) => ({
    schedule,
    tick: utc(tick),
    local: local(tick, zone),
    fate,
    reason,
    misfire,
    lagMs,
    durationMs,
  }))
}

/** The same for a reader: a tick a line. */
export function simulatedTable(
  ticks: readonly SimulatedTick[],
  zone: string,
  span: ClosedSpan,
): string {
  if (ticks.length === 0) return `no tick from ${shown(span.from, zone)} to ${shown(span.to, zone)}`
  const rows = ticks.map(tick => [shown(tick.tick, zone), tick.schedule, fateWords(tick)])
  return table([`tick in ${zone}`, 'schedule', 'fate'], rows)
}

/** `2026-11-21 11:00:00+01:00`, with a fraction where there is one. */
const shown = (instant: number, zone: string): string => local(instant, zone).replace('T', ' ')

/** `fired 2h late, as a misfire, and took 5m`. */
export function fateWords(tick: SimulatedTick): string {
  const { fate, reason, misfire, lagMs, durationMs } = tick
  const late = lagMs > 0 ? `${humanDuration(lagMs)} late` : 'on time'
  switch (fate) {
    case 'fired': {
      const how = misfire
        ? ', as a misfire'
        : reason === 'queued'
          ? ', when the run before had ended'
          : ''
      return `fired ${late}${how}${durationMs ? `, and took ${humanDuration(durationMs)}` : ''}`
    }
    case 'skipped':
      return `skipped: ${skipWords[reason ?? ''] ?? reason}`
    case 'failed':
      return reason === 'interrupted' ? 'failed: interrupted, its process was gone' : 'failed'
    case 'pending':
      return 'pending: not decided at the end'
    default:
      return fate
  }
}

const skipWords: Readonly<Record<string, string>> = {
  overlap: 'the run before had not ended',
  condition: 'a condition was not met',
  environment: 'it fires in another environment alone',
  paused: 'it was paused',
}
