import { EquipageError } from '../../core/index.ts'
import {
  type ClockTimes,
  clockTimes,
  DayPattern,
  EvenSteps,
  hourMs,
  MonthDaysPattern,
  minuteMs,
  mondayToFriday,
  saturdayAndSunday,
  WallTiming,
  type Weekday,
  type WeekdayMask,
  WeekdayPattern,
  weekdayMask,
} from '../timing/index.ts'
import type { Beginning } from './beginning.ts'
import { LaravelRepeats } from './laravel-repeats.ts'

const midnight: ClockTimes = [0]
const quarters = [1, 4, 7, 10]

/**
 * Laravel's words for a day and longer, on the same timings as everything else: fixed wall
 * times, at midnight unless the word or `.at()` says otherwise. A day that a month does not
 * have is its last.
 */
export abstract class LaravelWords<Chain> extends LaravelRepeats<Chain> {
  daily(): Chain {
    return this.#daily('daily()', midnight)
  }

  /** @param times one or more, 'HH:MM' or 'HH:MM:SS' */
  dailyAt(...times: readonly [string, ...string[]]): Chain {
    const place = `dailyAt('${times.join("', '")}')`
    return this.#daily(place, clockTimes(times, 'day', place))
  }

  /** @param first hour of the day, 0 to 23 */
  twiceDaily(first = 1, second = 13): Chain {
    return this.twiceDailyAt(first, second, 0)
  }

  /** At two hours, so many minutes past each. */
  twiceDailyAt(first = 1, second = 13, minute = 0): Chain {
    const place = `twiceDailyAt(${first}, ${second}, ${minute})`
    whole(minute, 0, 59, place, 'minute')
    const times = [first, second].map(
      hour => whole(hour, 0, 23, place, 'hour') * hourMs + minute * minuteMs,
    )
    return this.#daily(
      place,
      [...new Set(times)].sort((a, b) => a - b),
    )
  }

  /** Sunday at midnight; `weekly().mondays().at('13:00')` moves it. */
  weekly(): Chain {
    return this.#weekly('weekly()', 0b0000001, midnight)
  }

  /** @param days 0 (Sunday) to 6, 7 being Sunday too, or their English names */
  weeklyOn(days: Weekday | readonly Weekday[], time = '00:00'): Chain {
    const place = `weeklyOn(${[days].flat()}, '${time}')`
    const mask = weekdayMask([days].flat(), place)
    return this.#weekly(place, mask, clockTimes([time], 'day', place))
  }

  /** Monday to Friday, at midnight unless `.at()` says otherwise. */
  weekdays(): Chain {
    return this.#weekly('weekdays()', mondayToFriday, midnight)
  }

  /** Saturday and Sunday, at midnight unless `.at()` says otherwise. */
  weekends(): Chain {
    return this.#weekly('weekends()', saturdayAndSunday, midnight)
  }

  /** The 1st of every month. */
  monthly(): Chain {
    return this.#monthDays('monthly()', [1], [], midnight)
  }

  /** @param day 1 to 31; the last day of a shorter month */
  monthlyOn(day = 1, time = '00:00'): Chain {
    return this.#at(`monthlyOn(${day}, '${time}')`, [day], [], time)
  }

  twiceMonthly(first = 1, second = 16, time = '00:00'): Chain {
    return this.#at(`twiceMonthly(${first}, ${second}, '${time}')`, [first, second], [], time)
  }

  /** @param days 1 to 31 each */
  daysOfMonth(...days: readonly (number | readonly number[])[]): Chain {
    return this.#at(`daysOfMonth(${days})`, days.flat(), [], '00:00')
  }

  lastDayOfMonth(time = '00:00'): Chain {
    return this.#at(`lastDayOfMonth('${time}')`, [31], [], time)
  }

  /** The 1st of January, April, July and October. */
  quarterly(): Chain {
    return this.#monthDays('quarterly()', [1], quarters, midnight)
  }

  /** @param day of the quarter's first month, 1 to 31 */
  quarterlyOn(day = 1, time = '00:00'): Chain {
    return this.#at(`quarterlyOn(${day}, '${time}')`, [day], quarters, time)
  }

  /** The 1st of January. */
  yearly(): Chain {
    return this.#monthDays('yearly()', [1], [1], midnight)
  }

  /**
   * @param month 1 to 12
   * @param day 1 to 31
   */
  yearlyOn(month = 1, day = 1, time = '00:00'): Chain {
    const place = `yearlyOn(${month}, ${day}, '${time}')`
    return this.#at(place, [day], [whole(month, 1, 12, place, 'month')], time)
  }

  #daily(place: string, own: ClockTimes): Chain {
    return this.begin({
      place,
      form: 'day',
      onDays: mask => this.#weeklyBeginning(place, mask, own),
      build: ({ times, zone }) =>
        new WallTiming(new DayPattern(new EvenSteps(1), 'day', times ?? own), zone),
    })
  }

  #weekly(place: string, mask: WeekdayMask, own: ClockTimes): Chain {
    return this.begin(this.#weeklyBeginning(place, mask, own))
  }

  #weeklyBeginning(place: string, mask: WeekdayMask, own: ClockTimes): Beginning {
    return {
      place,
      form: 'day',
      onDays: instead => this.#weeklyBeginning(place, instead, own),
      build: ({ times, zone }) => new WallTiming(new WeekdayPattern(mask, times ?? own), zone),
    }
  }

  #at(place: string, days: readonly number[], months: readonly number[], time: string): Chain {
    for (const day of days) whole(day, 1, 31, place, 'day')
    return this.#monthDays(place, days, months, clockTimes([time], 'day', place))
  }

  #monthDays(
    place: string,
    given: readonly number[],
    months: readonly number[],
    own: ClockTimes,
  ): Chain {
    const days = [...new Set(given)].sort((a, b) => a - b)
    if (days.length === 0) whole(Number.NaN, 1, 31, place, 'day')
    return this.begin({
      place,
      form: 'day',
      build: ({ times, zone }) =>
        new WallTiming(new MonthDaysPattern(days, months, times ?? own), zone),
    })
  }
}

function whole(value: number, least: number, most: number, place: string, unit: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new EquipageError('E_BAD_TIMING', {
    place,
    fault: `has no ${unit} ${String(value)}; use ${least} to ${most}`,
  })
}
