import { EquipageError } from '../../../core/index.ts'
import { dayMs, hourMs, minuteMs, secondMs } from './calendar.ts'
import { listed, timeOfDay } from './words.ts'

/** Times of day, in milliseconds from midnight, ascending; never empty. */
export type ClockTimes = readonly number[]

const dayForm = /^(\d{1,2}):(\d{2})(?::(\d{2}))?$/
const hourForm = /^(\d{1,2})?:(\d{2})$/
const minuteForm = /^:(\d{2})$/

/** What `.at()` takes after which unit, and how it is written. */
const forms = {
  day: { form: dayForm, allowed: "'HH:MM' or 'HH:MM:SS', 00:00 to 23:59:59" },
  hour: { form: hourForm, allowed: "':MM' or 'MM:SS', 00 to 59" },
  minute: { form: minuteForm, allowed: "':SS', 00 to 59" },
} as const

export type ClockForm = keyof typeof forms

/** Whether a text can only be meant as a time: no zone's name begins so. */
export const looksLikeTime = (text: string): boolean => /^\s*[\d:]/.test(text)

/** Milliseconds from the beginning of the day, the hour or the minute; undefined when it is no such time. */
function read(given: string, form: ClockForm): number | undefined {
  const match = typeof given === 'string' ? forms[form].form.exec(given) : null
  if (!match) return undefined
  const first = Number(match[1] ?? 0)
  const second = Number(match[2] ?? 0)
  const third = Number(match[3] ?? 0)
  if (form === 'minute') return first < 60 ? first * secondMs : undefined
  if (form === 'hour') {
    if (first > 59 || second > 59) return undefined
    // ':30' names the minute, '30:15' the minute and the second.
    return match[1] === undefined ? second * minuteMs : first * minuteMs + second * secondMs
  }
  if (first > 23 || second > 59 || third > 59) return undefined
  return first * hourMs + second * minuteMs + third * secondMs
}

/**
 * Milliseconds from the beginning of the day, the hour or the minute.
 * @param where the call that was given the time, as the error shall name it; called on an error only
 * @throws E_BAD_TIME when it is not written as the unit wants it, or out of range
 */
export function clockTime(given: string, form: ClockForm, where: string | (() => string)): number {
  const time = read(given, form)
  if (time !== undefined) return time
  const told = typeof where === 'string' ? where : where()
  throw new EquipageError('E_BAD_TIME', { where: told, given, allowed: forms[form].allowed })
}

/** Several times, ascending, each once. */
export function clockTimes(
  given: readonly string[],
  form: ClockForm,
  where: string | (() => string),
): ClockTimes {
  const times = given.map(time => clockTime(time, form, where))
  return times.length === 1 ? times : [...new Set(times)].sort((a, b) => a - b)
}

/** " at 03:00 and 15:00"; nothing when the anchor's time is kept. */
export const atWords = (times: ClockTimes | undefined): string =>
  times ? ` at ${listed(times.map(timeOfDay))}` : ''

/** The nominal gap between times of day at its shortest. */
export function shortestGapOf(times: ClockTimes | undefined, dayGapMs = dayMs): number {
  if (!times) return dayGapMs
  let shortest = dayGapMs
  for (let i = 1; i < times.length; i++)
    shortest = Math.min(shortest, (times[i] ?? 0) - (times[i - 1] ?? 0))
  return Math.min(shortest, (times[0] ?? 0) + dayGapMs - (times.at(-1) ?? 0))
}

/** The first of the times after one, undefined when the day has none left. */
export function timeAfter(times: ClockTimes, ms: number): number | undefined {
  for (const time of times) if (time > ms) return time
  return undefined
}
