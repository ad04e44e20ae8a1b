import { EquipageError } from '../../core/index.ts'
import { cronTiming, parseCron } from '../timing/index.ts'
import type { TimingSpec } from './timing-spec.ts'

/**
 * Laravel's words for what repeats within a day: cron expressions under another name. Those
 * with a star follow elapsed time.
 */
export abstract class LaravelRepeats<ScheduleBuilder> {
  protected abstract begin(beginning: TimingSpec): ScheduleBuilder

  everySecond(): ScheduleBuilder {
    return this.#cron('everySecond()', '* * * * * *')
  }

  everyTwoSeconds(): ScheduleBuilder {
    return this.#cron('everyTwoSeconds()', '*/2 * * * * *')
  }

  everyFiveSeconds(): ScheduleBuilder {
    return this.#cron('everyFiveSeconds()', '*/5 * * * * *')
  }

  everyTenSeconds(): ScheduleBuilder {
    return this.#cron('everyTenSeconds()', '*/10 * * * * *')
  }

  everyFifteenSeconds(): ScheduleBuilder {
    return this.#cron('everyFifteenSeconds()', '*/15 * * * * *')
  }

  everyTwentySeconds(): ScheduleBuilder {
    return this.#cron('everyTwentySeconds()', '*/20 * * * * *')
  }

  everyThirtySeconds(): ScheduleBuilder {
    return this.#cron('everyThirtySeconds()', '*/30 * * * * *')
  }

  everyMinute(): ScheduleBuilder {
    return this.#cron('everyMinute()', '* * * * *')
  }

  everyTwoMinutes(): ScheduleBuilder {
    return this.#cron('everyTwoMinutes()', '*/2 * * * *')
  }

  everyThreeMinutes(): ScheduleBuilder {
    return this.#cron('everyThreeMinutes()', '*/3 * * * *')
  }

  everyFourMinutes(): ScheduleBuilder {
    return this.#cron('everyFourMinutes()', '*/4 * * * *')
  }

  everyFiveMinutes(): ScheduleBuilder {
    return this.#cron('everyFiveMinutes()', '*/5 * * * *')
  }

  everyTenMinutes(): ScheduleBuilder {
    return this.#cron('everyTenMinutes()', '*/10 * * * *')
  }

  everyFifteenMinutes(): ScheduleBuilder {
    return this.#cron('everyFifteenMinutes()', '*/15 * * * *')
  }

  everyThirtyMinutes(): ScheduleBuilder {
    return this.#cron('everyThirtyMinutes()', '*/30 * * * *')
  }

  hourly(): ScheduleBuilder {
    return this.#cron('hourly()', '0 * * * *')
  }

  /**
   * Every hour, so many minutes past it.
   * @param minutes 0 to 59, one or several
   */
  hourlyAt(minutes: number | readonly number[]): ScheduleBuilder {
    return this.#atMinutes('hourlyAt', minutes, '*')
  }

  /** At 01:00, 03:00 and on to 23:00; fixed wall times. */
  everyOddHour(minutes: number | readonly number[] = 0): ScheduleBuilder {
    return this.#atMinutes('everyOddHour', minutes, '1-23/2')
  }

  everyTwoHours(minutes: number | readonly number[] = 0): ScheduleBuilder {
    return this.#atMinutes('everyTwoHours', minutes, '*/2')
  }

  everyThreeHours(minutes: number | readonly number[] = 0): ScheduleBuilder {
    return this.#atMinutes('everyThreeHours', minutes, '*/3')
  }

  everyFourHours(minutes: number | readonly number[] = 0): ScheduleBuilder {
    return this.#atMinutes('everyFourHours', minutes, '*/4')
  }

  everySixHours(minutes: number | readonly number[] = 0): ScheduleBuilder {
    return this.#atMinutes('everySixHours', minutes, '*/6')
  }

  #atMinutes(word: string, given: number | readonly number[], hours: string): ScheduleBuilder {
    const minutes = [given].flat()
    const where = `${word}(${given})`
    const right = minutes.every(minute => Number.isInteger(minute) && minute >= 0 && minute <= 59)
    if (!right || minutes.length === 0)
      throw new EquipageError('E_BAD_TIMING', {
        where,
        fault: 'is not within an hour; use whole minutes from 0 to 59',
      })
    return this.#cron(where, `${minutes} ${hours} * * *`)
  }

  #cron(where: string, expression: string): ScheduleBuilder {
    return this.begin({
      where,
      form: undefined,
      build: ({ zone }) => cronTiming(parseCron(expression).pattern, zone),
    })
  }
}
