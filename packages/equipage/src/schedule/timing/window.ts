import { dayMs, dayOf, timeOfDay, weekdayOf } from './calendar/index.ts'
import { everyWeekday, type WeekdayMask, weekdaysNamed } from './weekday-pattern.ts'

/** Wall times inside which a timing may fire. */
export interface Window {
  /** Whether a wall time lies inside. */
  holds(local: number): boolean
  /** The next wall time, after one outside, that may lie inside. */
  opens(local: number): number
  readonly words: string
  readonly definition: string
}

/**
 * From one time of day to another, both included; past midnight when the first is the later.
 * With `inside` false everything but these.
 */
export function hoursWindow(from: number, to: number, inside: boolean): Window {
  const within = (time: number) =>
    from <= to ? time >= from && time <= to : time >= from || time <= to
  const opening = inside ? from : to + 1
  const told = `between ${timeOfDay(from)} and ${timeOfDay(to)}`
  return {
    holds: local => within(local - dayOf(local) * dayMs) === inside,
    opens: local => {
      const midnight = dayOf(local) * dayMs
      return midnight + opening > local ? midnight + opening : midnight + dayMs + opening
    },
    words: inside ? told : `except ${told}`,
    definition: `${inside ? 'between' : 'not between'} ${from} ${to}`,
  }
}

/** On given days of the week. */
export function daysWindow(mask: WeekdayMask): Window {
  return {
    holds: local => (mask & (1 << weekdayOf(dayOf(local)))) !== 0,
    opens: local => (dayOf(local) + 1) * dayMs,
    words: mask === everyWeekday ? 'on every day' : `on ${weekdaysNamed(mask)}`,
    definition: `on weekdays ${mask.toString(2).padStart(7, '0')}`,
  }
}
