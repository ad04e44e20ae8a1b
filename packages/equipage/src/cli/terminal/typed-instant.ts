import { Temporal } from 'temporal-polyfill'
import { durationMs, EquipageError } from '../../core/index.ts'
import { zoneNamed } from '../../schedule/index.ts'

/**
 * Epoch milliseconds of an instant as a person types it:
 *
 * | form | example |
 * |---|---|
 * | an instant, ISO 8601 with `Z` or an offset | `2026-11-21T03:00:00Z` |
 * | a date, its first moment, or a date and time, in the zone | `2026-11-21`, `2026-11-21 03:00` |
 * | how long before now | `2h`, `1h30m` |
 *
 * A wall time in a gap of the clocks is the first instant after it; in an overlap the first of the two.
 * @param zone an IANA name
 * @param where the option, as the error shall name it
 * @throws E_BAD_ARGUMENT
 */
export function typedInstant(given: string, zone: string, now: number, where: string): number {
  const text = given.trim()
  try {
    const instant = /^\d+(\.\d+)?[a-z]/.test(text)
      ? now - durationMs(text, where)
      : instantOf(text, zone)
    if (Math.abs(instant) <= furthest) return Math.floor(instant)
  } catch {
    // What Temporal or the durations say of it names neither the option nor all that it takes.
  }
  throw new EquipageError('E_BAD_ARGUMENT', { where, given, expected })
}

const expected =
  "an instant such as 2026-11-21T03:00:00Z, a date or a time in the schedule's zone such as 2026-11-21 or '2026-11-21 03:00', or how long ago, such as 2h"

/** As far as every zone reaches around what JavaScript can name. */
const furthest = 8_640_000_000_000_000 - 86_400_000

function instantOf(text: string, zone: string): number {
  if (/(z|[+-]\d\d(:?\d\d)?)$/i.test(text) && /[t ]/i.test(text)) {
    return Temporal.Instant.from(text).epochMilliseconds
  }
  const wall = Temporal.PlainDateTime.from(text).toZonedDateTime('UTC').epochMilliseconds
  return zoneNamed(zone, 'the zone').instantOf(wall)
}
