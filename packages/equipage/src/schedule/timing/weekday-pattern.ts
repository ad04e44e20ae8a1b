import { EquipageError } from '../../core/index.ts'
import {
  atWords,
  type ClockTimes,
  dayMs,
  dayOf,
  lastLocal,
  ranged,
  shortestGapOf,
  timeAfter,
  weekdayOf,
} from './calendar/index.ts'
import type { WallPattern } from './wall-timing.ts'

/** Sunday first, as cron counts them. */
export const weekdayNames = [
  'Sunday',
  'Monday',
  'Tuesday',
  'Wednesday',
  'Thursday',
  'Friday',
  'Saturday',
] as const

/** A day of the week as it is given: 0 or 7 is Sunday. */
export type Weekday = number | Lowercase<(typeof weekdayNames)[number]>

/**
 * @param where the call that was given the days, as the error shall name it
 * @throws E_BAD_TIMING when one of them is no day, or there is none
 */
export function weekdayMask(days: readonly Weekday[], where: string): WeekdayMask {
  let mask = 0
  for (const day of days) {
    const named = weekdayNames.findIndex(name => name.toLowerCase() === String(day).toLowerCase())
    const number = named >= 0 ? named : day === 7 ? 0 : day
    if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > 6)
      throw new EquipageError('E_BAD_TIMING', {
        where,
        fault: `was given the day ${String(day)}; use 0 (Sunday) to 6, or a name such as 'monday'`,
      })
    mask |= 1 << number
  }
  if (mask === 0)
    throw new EquipageError('E_BAD_TIMING', { where, fault: 'was given no day; name one at least' })
  return mask
}

/** Days of the week as bits: bit 0 is Sunday. */
export type WeekdayMask = number

export const mondayToFriday: WeekdayMask = 0b0111110
export const saturdayAndSunday: WeekdayMask = 0b1000001
export const everyWeekday: WeekdayMask = 0b1111111

/** "Monday and Wednesday", "Monday to Friday". */
export function weekdaysNamed(mask: WeekdayMask): string {
  // A week is told from Monday on, so its Sunday counts as the seventh day.
  const told = [1, 2, 3, 4, 5, 6, 7].filter(day => mask & (1 << (day % 7)))
  return ranged(told, day => weekdayNames[day % 7] ?? '')
}

/** On given days of the week, at given times or at the anchor's time of day. */
export class WeekdayPattern implements WallPattern {
  readonly #mask: WeekdayMask
  readonly #times: ClockTimes | undefined
  readonly #firstStep: 0 | 1

  /** @param firstStep 1, or 0 when the anchor itself may be a tick */
  constructor(mask: WeekdayMask, times: ClockTimes | undefined, firstStep: 0 | 1 = 1) {
    this.#mask = mask
    this.#times = times
    this.#firstStep = firstStep
  }

  next(local: number, anchor: number): number | null {
    const times = this.#times ?? [anchor - dayOf(anchor) * dayMs]
    // Without a time of its own, the first tick is the one after the anchor.
    const from = this.#times ? local : Math.max(local, anchor - 1 + this.#firstStep)
    let day = dayOf(from)
    for (let looked = 0; looked <= 7; looked++, day++) {
      if (!(this.#mask & (1 << weekdayOf(day)))) continue
      const time = timeAfter(times, from - day * dayMs)
      if (time !== undefined) {
        const found = day * dayMs + time
        return found <= lastLocal ? found : null
      }
    }
    return null
  }

  get words(): string {
    const days = this.#mask === mondayToFriday ? 'weekday' : weekdaysNamed(this.#mask)
    return `every ${days}${atWords(this.#times)}`
  }

  get definition(): string {
    return `on weekdays ${this.#mask.toString(2).padStart(7, '0')}${this.#times ? ` at ${this.#times}` : ''}`
  }

  get anchored(): boolean {
    return !this.#times
  }

  get shortestGapMs(): number {
    const days = weekdayNames.map((_, day) => day).filter(day => this.#mask & (1 << day))
    let gap = 7
    for (let i = 1; i < days.length; i++) gap = Math.min(gap, (days[i] ?? 0) - (days[i - 1] ?? 0))
    gap = Math.min(gap, (days[0] ?? 0) + 7 - (days.at(-1) ?? 0))
    return shortestGapOf(this.#times, gap * dayMs)
  }
}
