import { EquipageError } from '../../core/index.ts'
import {
  dayMs,
  dayNumber,
  daysInMonth,
  hourMs,
  minuteMs,
  secondMs,
  type Zone,
} from '../timing/index.ts'
import { epochMsOf, type InstantLike } from './instant.ts'

/** An instant, or a wall time in the schedule's zone: `'2026-12-24'`, `'2026-12-24 18:30'`. */
export type Moment = InstantLike | string

const form = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?)?$/

/** Whether a text names a date, so that it is no duration and no time of day. */
export const looksLikeDate = (text: string): boolean => /^\s*\d{4}-/.test(text)

/**
 * Epoch milliseconds of a moment. A text without an offset is a wall time in the zone: in
 * a gap of the clocks the first instant after it, in an overlap the first of the two.
 * @param where what was given the moment, as the error shall name it
 * @throws E_BAD_INSTANT, E_BAD_TIME
 */
export function momentMs(given: Moment, zone: Zone, where: string): number {
  if (typeof given !== 'string') return epochMsOf(given, where)
  const match = form.exec(given.trim())
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] =
    match?.slice(1, 7).map(part => Number(part ?? 0)) ?? []
  const real =
    month >= 1 &&
    month <= 12 &&
    day >= 1 &&
    day <= daysInMonth(year, month) &&
    hour < 24 &&
    minute < 60 &&
    second < 60
  if (!match || !real)
    throw new EquipageError('E_BAD_TIME', {
      where,
      given,
      allowed: "a date such as '2026-12-24' or '2026-12-24 18:30', or a Date",
    })
  const local =
    dayNumber(year, month, day) * dayMs + hour * hourMs + minute * minuteMs + second * secondMs
  const offset = match[7]
  if (offset === undefined) return zone.instantOf(local)
  return offset === 'Z' ? local : local - offsetMs(offset)
}

function offsetMs(text: string): number {
  const size = Number(text.slice(1, 3)) * hourMs + Number(text.slice(4, 6)) * minuteMs
  return text.startsWith('-') ? -size : size
}
