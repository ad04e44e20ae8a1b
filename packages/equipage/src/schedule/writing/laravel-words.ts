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
import { LaravelRepeats } from './laravel-repeats.ts'
import type { TimingSpec } from './timing-spec.ts'

const midnight: ClockTimes = [0]
const quarters = [1, 4, 7, 10]

/**
 * Laravel's words for a day and longer, on the same timings as everything else: fixed wall
 * times, at midnight unless the word or `.at()` says otherwise. A day that a month does not
 * have is its last.
 */
export abstract class LaravelWords<ScheduleBuilder> extends LaravelRepeats<ScheduleBuilder> {
  daily(): ScheduleBuilder {
    return this.#daily('daily()', midnight)
  }

  /** @param times one or more, 'HH:MM' or 'HH:MM:SS' */
  dailyAt(...times: readonly [string, ...string[]]): ScheduleBuilder {
    const where = `dailyAt('${times.join("', '")}')`
    return this.#daily(where, clockTimes(times, 'day', where))
  }

  /** @param first hour of the day, 0 to 23 */
  twiceDaily(first = 1, second = 13): ScheduleBuilder {
    return this.twiceDailyAt(first, second, 0)
  }

  /** At two hours, so many minutes past each. */
  twiceDailyAt(first = 1, second = 13, minute = 0): ScheduleBuilder {
    const where = `twiceDailyAt(${first}, ${second}, ${minute})`
    whole(minute, 0, 59, where, 'minute')
    const times = [first, second].map(
      hour => whole(hour, 0, 23, where, 'hour') * hourMs + minute * minuteMs,
    )
    return this.#daily(
      where,
      [...new Set(times)].sort((a, b) => a - b),
    )
  }

  /** Sunday at midnight; `weekly().mondays().at('13:00')` moves it. */
  weekly(): ScheduleBuilder {
    return this.#weekly('weekly()', 0b0000001, midnight)
  }

  /** @param days 0 (Sunday) to 6, 7 being Sunday too, or their English names */
  weeklyOn(days: Weekday | readonly Weekday[], time = '00:00'): ScheduleBuilder {
    const where = `weeklyOn(${[days].flat()}, '${time}')`
    const mask = weekdayMask([days].flat(), where)
    return this.#weekly(where, mask, clockTimes([time], 'day', where))
  }

  /** Monday to Friday, at midnight unless `.at()` says otherwise. */
  weekdays(): ScheduleBuilder {
    return this.#weekly('weekdays()', mondayToFriday, midnight)
  }

  /** Saturday and Sunday, at midnight unless `.at()` says otherwise. */
  weekends(): ScheduleBuilder {
    return this.#weekly('weekends()', saturdayAndSunday, midnight)
  }

  /** The 1st of every month. */
  monthly(): ScheduleBuilder {
    return this.#monthDays('monthly()', [1], [], midnight)
  }

  /** @param day 1 to 31; the last day of a shorter month */
  monthlyOn(day = 1, time = '00:00'): ScheduleBuilder {
    return this.#at(`monthlyOn(${day}, '${time}')`, [day], [], time)
  }

  twiceMonthly(first = 1, second = 16, time = '00:00'): ScheduleBuilder {
    return this.#at(`twiceMonthly(${first}, ${second}, '${time}')`, [first, second], [], time)
  }

  /** @param days 1 to 31 each */
  daysOfMonth(...days: readonly (number | readonly number[])[]): ScheduleBuilder {
    return this.#at(`daysOfMonth(${days})`, days.flat(), [], '00:00')
  }

  lastDayOfMonth(time = '00:00'): ScheduleBuilder {
    return this.#at(`lastDayOfMonth('${time}')`, [31], [], time)
  }

  /** The 1st of January, April, July and October. */
  quarterly(): ScheduleBuilder {
    return this.#monthDays('quarterly()', [1], quarters, midnight)
  }

  /** @param day of the quarter's first month, 1 to 31 */
  quarterlyOn(day = 1, time = '00:00'): ScheduleBuilder {
    return this.#at(`quarterlyOn(${day}, '${time}')`, [day], quarters, time)
  }

  /** The 1st of January. */
  yearly(): ScheduleBuilder {
    return this.#monthDays('yearly()', [1], [1], midnight)
  }

  /**
   * @param month 1 to 12
   * @param day 1 to 31
   */
  yearlyOn(month = 1, day = 1, time = '00:00'): ScheduleBuilder {
    const where = `yearlyOn(${month}, ${day}, '${time}')`
    return this.#at(where, [day], [whole(month, 1, 12, where, 'month')], time)
  }

  #daily(where: string, own: ClockTimes): ScheduleBuilder {
    return this.begin({
      where,
      form: 'day',
      onDays: mask => this.#weeklyBeginning(where, mask, own),
      build: ({ times, zone }) =>
        new WallTiming(new DayPattern(new EvenSteps(1), 'day', times ?? own), zone),
    })
  }

  #weekly(where: string, mask: WeekdayMask, own: ClockTimes): ScheduleBuilder {
    return this.begin(this.#weeklyBeginning(where, mask, own))
  }

  #weeklyBeginning(where: string, mask: WeekdayMask, own: ClockTimes): TimingSpec {
    return {
      where,
      form: 'day',
      onDays: instead => this.#weeklyBeginning(where, instead, own),
      build: ({ times, zone }) => new WallTiming(new WeekdayPattern(mask, times ?? own), zone),
    }
  }

  #at(
    where: string,
    days: readonly number[],
    months: readonly number[],
    time: string,
  ): ScheduleBuilder {
    for (const day of days) whole(day, 1, 31, where, 'day')
    return this.#monthDays(where, days, months, clockTimes([time], 'day', where))
  }

  #monthDays(
    where: string,
    given: readonly number[],
    months: readonly number[],
    own: ClockTimes,
  ): ScheduleBuilder {
    const days = [...new Set(given)].sort((a, b) => a - b)
    if (days.length === 0) whole(Number.NaN, 1, 31, where, 'day')
    return this.begin({
      where,
      form: 'day',
      build: ({ times, zone }) =>
        new WallTiming(new MonthDaysPattern(days, months, times ?? own), zone),
    })
  }
}

function whole(value: number, least: number, most: number, where: string, unit: string): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new EquipageError('E_BAD_TIMING', {
    where,
    fault: `has no ${unit} ${String(value)}; use ${least} to ${most}`,
  })
}
