import { Temporal } from 'temporal-polyfill'
import { EquipageError } from '../../core/index.ts'

/** An instant as the world gives it: a Date, epoch milliseconds, a Temporal.Instant or ZonedDateTime. */
export type InstantLike = Date | number | { readonly epochMilliseconds: number }

/** As far as Temporal reaches to either side of 1970. */
const limit = 8_640_000_000_000_000

/**
 * Whole epoch milliseconds, cut down where there is a fraction.
 * @param where what was given the instant, as the error shall name it
 * @throws E_BAD_INSTANT
 */
export function epochMsOf(given: InstantLike, where: string): number {
  const ms =
    given instanceof Date
      ? given.getTime()
      : typeof given === 'number'
        ? given
        : given !== null && typeof given === 'object'
          ? given.epochMilliseconds
          : Number.NaN
  if (typeof ms === 'number' && Math.abs(ms) <= limit) return Math.floor(ms)
  throw new EquipageError('E_BAD_INSTANT', { where, given })
}

export const zonedAt = (instant: number, zone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(zone)
