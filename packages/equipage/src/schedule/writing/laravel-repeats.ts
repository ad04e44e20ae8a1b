import { EquipageError } from '../../core/index.ts'
import { cronTiming, parseCron } from '../timing/index.ts'
import type { Beginning } from './beginning.ts'

/**
 * Laravel's words for what repeats within a day: cron expressions under another name. Those
 * with a star follow elapsed time.
 */
export abstract class LaravelRepeats<Chain> {
  protected abstract begin(beginning: Beginning): Chain

  everySecond(): Chain {
    return this.#cron('everySecond()', '* * * * * *')
  }

  everyTwoSeconds(): Chain {
    return this.#cron('everyTwoSeconds()', '*/2 * * * * *')
  }

  everyFiveSeconds(): Chain {
    return this.#cron('everyFiveSeconds()', '*/5 * * * * *')
  }

  everyTenSeconds(): Chain {
    return this.#cron('everyTenSeconds()', '*/10 * * * * *')
  }

  everyFifteenSeconds(): Chain {
    return this.#cron('everyFifteenSeconds()', '*/15 * * * * *')
  }

  everyTwentySeconds(): Chain {
    return this.#cron('everyTwentySeconds()', '*/20 * * * * *')
  }

  everyThirtySeconds(): Chain {
    return this.#cron('everyThirtySeconds()', '*/30 * * * * *')
  }

  everyMinute(): Chain {
    return this.#cron('everyMinute()', '* * * * *')
  }

  everyTwoMinutes(): Chain {
    return this.#cron('everyTwoMinutes()', '*/2 * * * *')
  }

  everyThreeMinutes(): Chain {
    return this.#cron('everyThreeMinutes()', '*/3 * * * *')
  }

  everyFourMinutes(): Chain {
    return this.#cron('everyFourMinutes()', '*/4 * * * *')
  }

  everyFiveMinutes(): Chain {
    return this.#cron('everyFiveMinutes()', '*/5 * * * *')
  }

  everyTenMinutes(): Chain {
    return this.#cron('everyTenMinutes()', '*/10 * * * *')
  }

  everyFifteenMinutes(): Chain {
    return this.#cron('everyFifteenMinutes()', '*/15 * * * *')
  }

  everyThirtyMinutes(): Chain {
    return this.#cron('everyThirtyMinutes()', '*/30 * * * *')
  }

  hourly(): Chain {
    return this.#cron('hourly()', '0 * * * *')
  }

  /**
   * Every hour, so many minutes past it.
   * @param minutes 0 to 59, one or several
   */
  hourlyAt(minutes: number | readonly number[]): Chain {
    return this.#atMinutes('hourlyAt', minutes, '*')
  }

  /** At 01:00, 03:00 and on to 23:00; fixed wall times. */
  everyOddHour(minutes: number | readonly number[] = 0): Chain {
    return this.#atMinutes('everyOddHour', minutes, '1-23/2')
  }

  everyTwoHours(minutes: number | readonly number[] = 0): Chain {
    return this.#atMinutes('everyTwoHours', minutes, '*/2')
  }

  everyThreeHours(minutes: number | readonly number[] = 0): Chain {
    return this.#atMinutes('everyThreeHours', minutes, '*/3')
  }

  everyFourHours(minutes: number | readonly number[] = 0): Chain {
    return this.#atMinutes('everyFourHours', minutes, '*/4')
  }

  everySixHours(minutes: number | readonly number[] = 0): Chain {
    return this.#atMinutes('everySixHours', minutes, '*/6')
  }

  #atMinutes(word: string, given: number | readonly number[], hours: string): Chain {
    const minutes = [given].flat()
    const place = `${word}(${given})`
    const right = minutes.every(minute => Number.isInteger(minute) && minute >= 0 && minute <= 59)
    if (!right || minutes.length === 0)
      throw new EquipageError('E_BAD_TIMING', {
        place,
        fault: 'is not within an hour; use whole minutes from 0 to 59',
      })
    return this.#cron(place, `${minutes} ${hours} * * *`)
  }

  #cron(place: string, expression: string): Chain {
    return this.begin({
      place,
      form: undefined,
      build: ({ zone }) => cronTiming(parseCron(expression).pattern, zone),
    })
  }
}
