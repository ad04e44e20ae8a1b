import { dayMs, dayOf, hourMs, isoDate, minuteMs, secondMs } from './calendar.ts'
import { zoneNamed } from './zone.ts'

const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')

/** A time of day as `HH:MM`, with seconds and milliseconds only when there are some. */
export function timeOfDay(ms: number): string {
  const hoursMinutes = `${two(ms / hourMs)}:${two((ms % hourMs) / minuteMs)}`
  if (ms % minuteMs === 0) return hoursMinutes
  const rest = ms % secondMs
  const seconds = `${hoursMinutes}:${two((ms % minuteMs) / secondMs)}`
  return rest ? `${seconds}.${String(rest).padStart(3, '0')}` : seconds
}

/** A place inside an hour as `:MM` or `:MM:SS`, or inside a minute as `:SS`. */
export const placeIn = (unit: 'hour' | 'minute', ms: number): string => {
  if (unit === 'minute') return `:${two(ms / secondMs)}`
  const seconds = (ms % minuteMs) / secondMs
  return `:${two(ms / minuteMs)}${seconds ? `:${two(seconds)}` : ''}`
}

/** Words joined as a reader expects: "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join()
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** Ascending numbers with their runs drawn together: "1 to 5 and 10". */
export function ranged(values: readonly number[], word: (value: number) => string): string {
  const runs: string[] = []
  for (let i = 0; i < values.length; ) {
    let end = i
    while (values[end + 1] === (values[end] ?? 0) + 1) end++
    const first = word(values[i] ?? 0)
    if (end > i + 1) runs.push(`${first} to ${word(values[end] ?? 0)}`)
    else for (let j = i; j <= end; j++) runs.push(word(values[j] ?? 0))
    i = end + 1
  }
  return listed(runs)
}

/** "2nd", "3rd", "11th". */
export function ordinal(n: number): string {
  const last = n % 100 > 10 && n % 100 < 14 ? 0 : n % 10
  return `${n}${['th', 'st', 'nd', 'rd'][last] ?? 'th'}`
}

export const monthNames = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

/** @param month 1 to 12 */
export const monthName = (month: number): string => monthNames[month - 1] ?? ''

/** An instant as its zone's wall shows it: `2026-12-24 18:30`. */
export function instantWords(instant: number, zone: string): string {
  const local = zoneNamed(zone, 'words').localAt(instant)
  const day = dayOf(local)
  return `${isoDate(day)} ${timeOfDay(local - day * dayMs)}`
}
