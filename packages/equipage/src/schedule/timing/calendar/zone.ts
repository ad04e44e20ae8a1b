import { Temporal } from 'temporal-polyfill'
import { EquipageError, nearest } from '../../../core/index.ts'
import { dayMs } from './calendar.ts'

/**
 * A time zone as a table of its changes: `starts[i]` is the instant from which
 * `offsets[i]` holds. The table is filled on demand through Temporal, around the
 * instants that were asked for, and is then answered by integer arithmetic.
 */
export class Zone {
  /** The IANA name in its usual spelling. */
  readonly name: string
  #starts: number[] = []
  #offsets: number[] = []
  /** Whether the last row has no end. */
  #complete = false
  /** The row that answered last: the next question is mostly about the same one. */
  #hint = 0

  constructor(name: string) {
    this.name = new Temporal.ZonedDateTime(0n, name).timeZoneId
  }

  /** The wall's time at an instant; both in milliseconds. */
  localAt(instant: number): number {
    return instant + this.offsetAt(instant)
  }

  /** Milliseconds that the wall's clock is ahead of UTC at an instant. */
  offsetAt(instant: number): number {
    const row = this.#row(instant)
    return this.#offsets[row] ?? 0
  }

  /** The instant of the next change of clocks after an instant, Infinity when there is none. */
  changeAfter(instant: number): number {
    const row = this.#row(instant)
    return this.#starts[row + 1] ?? Number.POSITIVE_INFINITY
  }

  /**
   * The latest wall time that the clock has shown up to an instant: during the second
   * pass of an overlap it is the end of the first.
   */
  reachedAt(instant: number): number {
    const row = this.#row(instant)
    const local = instant + (this.#offsets[row] ?? 0)
    const start = this.#starts[row] ?? Number.NEGATIVE_INFINITY
    if (instant - start >= settledMs || start === Number.NEGATIVE_INFINITY) return local
    return Math.max(local, start - 1 + this.offsetAt(start - 1))
  }

  /**
   * The one instant at which a fixed wall time fires: the first of the two in an overlap,
   * the first instant after it in a gap.
   */
  instantOf(local: number): number {
    const hinted = this.#settledInstantOf(local)
    if (hinted !== undefined) return hinted
    let row = this.#row(local - widestOffsetMs)
    for (;;) {
      const instant = local - (this.#offsets[row] ?? 0)
      const start = this.#starts[row] ?? Number.NEGATIVE_INFINITY
      // Before this row's first wall time and not in the row before: the clocks jumped over it.
      if (instant < start) return start
      const end = this.#starts[row + 1]
      if (end === undefined || instant < end) return instant
      row = this.#row(end)
    }
  }

  /** The answer when the wall time lies well inside the row that answered last. */
  #settledInstantOf(local: number): number | undefined {
    const offset = this.#offsets[this.#hint]
    if (offset === undefined) return undefined
    const instant = local - offset
    const start = this.#starts[this.#hint] ?? Number.NEGATIVE_INFINITY
    const end = this.#starts[this.#hint + 1] ?? (this.#complete ? Number.POSITIVE_INFINITY : start)
    return instant - start >= settledMs && instant < end ? instant : undefined
  }

  #row(instant: number): number {
    let row = this.#hint
    let start = this.#starts[row]
    const end = this.#starts[row + 1]
    if (start !== undefined && instant >= start) {
      if (end === undefined ? this.#complete : instant < end) return row
    }
    this.#cover(instant)
    row = 0
    let high = this.#starts.length - 1
    while (row < high) {
      const middle = (row + high + 1) >> 1
      start = this.#starts[middle] ?? 0
      if (start <= instant) row = middle
      else high = middle - 1
    }
    this.#hint = row
    return row
  }

  /** Sees to it that the table holds the row of an instant, and where that row ends. */
  #cover(instant: number): void {
    const first = this.#starts[0]
    const last = this.#starts.at(-1)
    const near =
      first !== undefined &&
      last !== undefined &&
      instant > first - farMs &&
      (this.#complete || instant < last + farMs)
    if (!near) this.#begin(instant)
    while (instant < (this.#starts[0] ?? Number.NEGATIVE_INFINITY)) this.#prepend()
    while (!this.#complete && instant >= (this.#starts.at(-1) ?? 0)) this.#append()
  }

  #begin(instant: number): void {
    const from = this.#changeBefore(instant + 1)
    this.#starts = [from]
    this.#offsets = [this.#offsetFromTemporal(instant)]
    this.#complete = false
    this.#append(instant)
  }

  #append(after = this.#starts.at(-1) ?? 0): void {
    const change = this.#temporal(after).getTimeZoneTransition('next')
    if (!change || change.epochMilliseconds > furthestMs) {
      this.#complete = true
      return
    }
    this.#starts.push(change.epochMilliseconds)
    this.#offsets.push(change.offsetNanoseconds / 1e6)
  }

  #prepend(): void {
    const first = this.#starts[0] ?? 0
    this.#offsets.unshift(this.#offsetFromTemporal(first - 1))
    this.#starts.unshift(this.#changeBefore(first))
    this.#hint = 0
  }

  #changeBefore(instant: number): number {
    const change = this.#temporal(instant).getTimeZoneTransition('previous')
    return change?.epochMilliseconds ?? Number.NEGATIVE_INFINITY
  }

  #offsetFromTemporal(instant: number): number {
    return this.#temporal(instant).offsetNanoseconds / 1e6
  }

  #temporal(instant: number): Temporal.ZonedDateTime {
    const within = Math.max(-reachMs, Math.min(reachMs, instant))
    return Temporal.Instant.fromEpochMilliseconds(within).toZonedDateTimeISO(this.name)
  }
}

/** No zone was ever further than this from UTC. */
const widestOffsetMs = 16 * 3_600_000
/** So long after a change, its gap or overlap is over whatever the offsets: two of the widest. */
const settledMs = 2 * widestOffsetMs
/** An instant this far outside the table starts a new one instead of walking there change by change. */
const farMs = 60 * 366 * dayMs
/** As far as Temporal reaches to either side of 1970. */
const reachMs = 8_640_000_000_000_000
/** The end of the year 10000: no timing asks further. */
const furthestMs = 253_433_923_200_000

/** Twice the longest of the IANA names. Without a native Temporal, longer texts take milliseconds to be refused. */
const longestName = 64

/** Tables are immutable in what they answer, so all schedules of a process share one a zone. */
const zones = new Map<string, Zone>()

/**
 * The zone of an IANA name, in any case of letters.
 * @param where what asks, as the error shall name it
 * @throws E_UNKNOWN_ZONE when Node knows no such zone
 */
export function zoneNamed(name: string, where: string): Zone {
  const known = zones.get(name)
  if (known) return known
  let zone: Zone
  try {
    if (name.length > longestName) throw new RangeError('no zone has so long a name')
    zone = new Zone(name)
  } catch (cause) {
    throw new EquipageError(
      'E_UNKNOWN_ZONE',
      { where, zone: name, nearest: nearestZone(name) },
      { cause },
    )
  }
  const shared = zones.get(zone.name) ?? zone
  zones.set(shared.name, shared)
  return shared
}

/** Only names of about the same length are compared, so that a long text costs nothing. */
function nearestZone(given: unknown): string | undefined {
  const name = String(given)
  const alike = (zone: string) => Math.abs(zone.length - name.length) <= 3
  return nearest(name, Intl.supportedValuesOf('timeZone').filter(alike))
}

/** The zone of the machine. */
export const systemZone = (): Zone => zoneNamed(Temporal.Now.timeZoneId(), 'the system')
