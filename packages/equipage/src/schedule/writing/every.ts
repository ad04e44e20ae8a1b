import { mondayToFriday, saturdayAndSunday } from '../timing/index.ts'
import type { Repetition } from './repetition.ts'
import type { TimingSpec } from './timing-spec.ts'

/**
 * A repetition that waits for its unit: `every(10).minutes`, `every().monday`,
 * `every(5).to(10).hours`. A unit in the plural goes with any number, one in the
 * singular and a day of the week with one alone.
 */
export class Every<ScheduleBuilder> {
  readonly #repetition: Repetition
  readonly #begin: (beginning: TimingSpec) => ScheduleBuilder

  constructor(repetition: Repetition, begin: (beginning: TimingSpec) => ScheduleBuilder) {
    this.#repetition = repetition
    this.#begin = begin
  }

  /**
   * At random from the first number to this one: the same draw in every process.
   * @throws E_BAD_TIMING when it is not whole, or less than the first
   */
  to(most: number): Every<ScheduleBuilder> {
    return new Every(this.#repetition.upTo(most), this.#begin)
  }

  get millisecond(): ScheduleBuilder {
    return this.#begin(this.#repetition.elapsed('millisecond', 'millisecond'))
  }

  get milliseconds(): ScheduleBuilder {
    return this.#begin(this.#repetition.elapsed('millisecond', 'milliseconds'))
  }

  get second(): ScheduleBuilder {
    return this.#begin(this.#repetition.elapsed('second', 'second'))
  }

  get seconds(): ScheduleBuilder {
    return this.#begin(this.#repetition.elapsed('second', 'seconds'))
  }

  get minute(): ScheduleBuilder {
    return this.#begin(this.#repetition.elapsed('minute', 'minute'))
  }

  get minutes(): ScheduleBuilder {
    return this.#begin(this.#repetition.elapsed('minute', 'minutes'))
  }

  get hour(): ScheduleBuilder {
    return this.#begin(this.#repetition.elapsed('hour', 'hour'))
  }

  get hours(): ScheduleBuilder {
    return this.#begin(this.#repetition.elapsed('hour', 'hours'))
  }

  get day(): ScheduleBuilder {
    return this.#begin(this.#repetition.days('day', 'day'))
  }

  get days(): ScheduleBuilder {
    return this.#begin(this.#repetition.days('day', 'days'))
  }

  get week(): ScheduleBuilder {
    return this.#begin(this.#repetition.days('week', 'week'))
  }

  get weeks(): ScheduleBuilder {
    return this.#begin(this.#repetition.days('week', 'weeks'))
  }

  get month(): ScheduleBuilder {
    return this.#begin(this.#repetition.months('month', 'month'))
  }

  get months(): ScheduleBuilder {
    return this.#begin(this.#repetition.months('month', 'months'))
  }

  get year(): ScheduleBuilder {
    return this.#begin(this.#repetition.months('year', 'year'))
  }

  get years(): ScheduleBuilder {
    return this.#begin(this.#repetition.months('year', 'years'))
  }

  get monday(): ScheduleBuilder {
    return this.#begin(this.#repetition.onDays(0b0000010, 'monday'))
  }

  get tuesday(): ScheduleBuilder {
    return this.#begin(this.#repetition.onDays(0b0000100, 'tuesday'))
  }

  get wednesday(): ScheduleBuilder {
    return this.#begin(this.#repetition.onDays(0b0001000, 'wednesday'))
  }

  get thursday(): ScheduleBuilder {
    return this.#begin(this.#repetition.onDays(0b0010000, 'thursday'))
  }

  get friday(): ScheduleBuilder {
    return this.#begin(this.#repetition.onDays(0b0100000, 'friday'))
  }

  get saturday(): ScheduleBuilder {
    return this.#begin(this.#repetition.onDays(0b1000000, 'saturday'))
  }

  get sunday(): ScheduleBuilder {
    return this.#begin(this.#repetition.onDays(0b0000001, 'sunday'))
  }

  /** Monday to Friday. */
  get weekday(): ScheduleBuilder {
    return this.#begin(this.#repetition.onDays(mondayToFriday, 'weekday'))
  }

  /** Saturday and Sunday. */
  get weekend(): ScheduleBuilder {
    return this.#begin(this.#repetition.onDays(saturdayAndSunday, 'weekend'))
  }
}
