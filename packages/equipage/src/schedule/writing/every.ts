import { mondayToFriday, saturdayAndSunday } from '../timing/index.ts'
import type { Beginning } from './beginning.ts'
import type { Repetition } from './repetition.ts'

/**
 * A repetition that waits for its unit: `every(10).minutes`, `every().monday`,
 * `every(5).to(10).hours`. A unit in the plural goes with any number, one in the
 * singular and a day of the week with one alone.
 */
export class Every<Chain> {
  readonly #repetition: Repetition
  readonly #begin: (beginning: Beginning) => Chain

  constructor(repetition: Repetition, begin: (beginning: Beginning) => Chain) {
    this.#repetition = repetition
    this.#begin = begin
  }

  /**
   * At random from the first number to this one: the same draw in every process.
   * @throws E_BAD_TIMING when it is not whole, or less than the first
   */
  to(most: number): Every<Chain> {
    return new Every(this.#repetition.upTo(most), this.#begin)
  }

  get millisecond(): Chain {
    return this.#begin(this.#repetition.elapsed('millisecond', 'millisecond'))
  }

  get milliseconds(): Chain {
    return this.#begin(this.#repetition.elapsed('millisecond', 'milliseconds'))
  }

  get second(): Chain {
    return this.#begin(this.#repetition.elapsed('second', 'second'))
  }

  get seconds(): Chain {
    return this.#begin(this.#repetition.elapsed('second', 'seconds'))
  }

  get minute(): Chain {
    return this.#begin(this.#repetition.elapsed('minute', 'minute'))
  }

  get minutes(): Chain {
    return this.#begin(this.#repetition.elapsed('minute', 'minutes'))
  }

  get hour(): Chain {
    return this.#begin(this.#repetition.elapsed('hour', 'hour'))
  }

  get hours(): Chain {
    return this.#begin(this.#repetition.elapsed('hour', 'hours'))
  }

  get day(): Chain {
    return this.#begin(this.#repetition.days('day', 'day'))
  }

  get days(): Chain {
    return this.#begin(this.#repetition.days('day', 'days'))
  }

  get week(): Chain {
    return this.#begin(this.#repetition.days('week', 'week'))
  }

  get weeks(): Chain {
    return this.#begin(this.#repetition.days('week', 'weeks'))
  }

  get month(): Chain {
    return this.#begin(this.#repetition.months('month', 'month'))
  }

  get months(): Chain {
    return this.#begin(this.#repetition.months('month', 'months'))
  }

  get year(): Chain {
    return this.#begin(this.#repetition.months('year', 'year'))
  }

  get years(): Chain {
    return this.#begin(this.#repetition.months('year', 'years'))
  }

  get monday(): Chain {
    return this.#begin(this.#repetition.onDays(0b0000010, 'monday'))
  }

  get tuesday(): Chain {
    return this.#begin(this.#repetition.onDays(0b0000100, 'tuesday'))
  }

  get wednesday(): Chain {
    return this.#begin(this.#repetition.onDays(0b0001000, 'wednesday'))
  }

  get thursday(): Chain {
    return this.#begin(this.#repetition.onDays(0b0010000, 'thursday'))
  }

  get friday(): Chain {
    return this.#begin(this.#repetition.onDays(0b0100000, 'friday'))
  }

  get saturday(): Chain {
    return this.#begin(this.#repetition.onDays(0b1000000, 'saturday'))
  }

  get sunday(): Chain {
    return this.#begin(this.#repetition.onDays(0b0000001, 'sunday'))
  }

  /** Monday to Friday. */
  get weekday(): Chain {
    return this.#begin(this.#repetition.onDays(mondayToFriday, 'weekday'))
  }

  /** Saturday and Sunday. */
  get weekend(): Chain {
    return this.#begin(this.#repetition.onDays(saturdayAndSunday, 'weekend'))
  }
}
