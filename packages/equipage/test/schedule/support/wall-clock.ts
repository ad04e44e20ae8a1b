import { Temporal } from 'temporal-polyfill'

export const minuteMs = 60_000
export const hourMs = 3_600_000
export const dayMs = 86_400_000

/** Every zone that Node knows, and three that are no place. */
export const everyZone: readonly string[] = [
  ...Intl.supportedValuesOf('timeZone'),
  'UTC',
  'Etc/GMT+12',
  '+05:45',
]

export const epoch = (iso: string): number => Date.parse(iso)

/** The offset in milliseconds as Temporal tells it, instant by instant. */
export const offsetAt = (instant: number, zone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone).offsetNanoseconds / 1e6

/** The instants at which a zone changes its clocks. */
export function changesOf(zone: string, from: number, to: number): number[] {
  const changes: number[] = []
  let at = Temporal.Instant.fromEpochMilliseconds(from).toZonedDateTimeISO(zone)
  for (;;) {
    const change = at.getTimeZoneTransition('next')
    if (!change || change.epochMilliseconds >= to) return changes
    changes.push(change.epochMilliseconds)
    at = change
  }
}

/**
 * An independent telling of the rule for fixed wall times, minute by minute: a wall time
 * fires at the first instant at which the clock on the wall has reached it.
 */
export class WallClock {
  readonly from: number
  readonly minutes: number
  /** The wall's time at each minute, in minutes from 1970. */
  readonly local: Int32Array

  constructor(zone: string, from: number, to: number) {
    this.from = from
    this.minutes = Math.floor((to - from) / minuteMs)
    this.local = new Int32Array(this.minutes)
    const changes = changesOf(zone, from, to)
    let offset = offsetAt(from, zone)
    for (let i = 0; i < this.minutes; i++) {
      const instant = from + i * minuteMs
      if (instant >= (changes[0] ?? Number.POSITIVE_INFINITY)) {
        changes.shift()
        offset = offsetAt(instant, zone)
      }
      this.local[i] = Math.floor((instant + offset) / minuteMs)
    }
  }

  /** Instants of the fixed wall times that match, each once. */
  fixed(matches: (localMinute: number) => boolean): number[] {
    const ticks: number[] = []
    let reached = (this.local[0] ?? 0) - 1
    for (let i = 0; i < this.minutes; i++) {
      const local = this.local[i] ?? 0
      let due = false
      // In a gap the wall passes several minutes at once: they are one tick.
      while (reached < local) due = matches(++reached) || due
      if (due) ticks.push(this.from + i * minuteMs)
    }
    return ticks
  }

  /** Instants whose wall time matches, both passes of an overlap included. */
  elapsed(matches: (localMinute: number) => boolean): number[] {
    const ticks: number[] = []
    for (let i = 0; i < this.minutes; i++)
      if (matches(this.local[i] ?? 0)) ticks.push(this.from + i * minuteMs)
    return ticks
  }
}

/** Every tick of a timing inside a span, by repeated `next`. */
export function ticksBetween(
  timing: { next(after: number, anchor: number): number | null },
  from: number,
  to: number,
  anchor = from,
): number[] {
  const ticks: number[] = []
  let tick = timing.next(from - 1, anchor)
  while (tick !== null && tick < to) {
    ticks.push(tick)
    tick = timing.next(tick, anchor)
  }
  return ticks
}

/** Where two lists of ticks part, as text; undefined when they are the same. Cheap, because lists are long. */
export function firstDifference(
  found: readonly number[],
  expected: readonly number[],
): string | undefined {
  const at = expected.findIndex((tick, i) => tick !== found[i])
  const where = at < 0 && found.length > expected.length ? expected.length : at
  if (where < 0) return undefined
  const told = (tick: number | undefined) =>
    tick === undefined ? 'nothing' : new Date(tick).toISOString()
  return `tick ${where} is ${told(found[where])}, expected ${told(expected[where])}`
}
