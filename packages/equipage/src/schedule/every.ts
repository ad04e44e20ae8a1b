import { EquipageError } from '../core/errors.ts'
import type { Beginning } from './beginning.ts'
import { AlignedTiming } from './timing/aligned-timing.ts'
import { parseCron } from './timing/cron/parse.ts'
import { DayPattern } from './timing/day-pattern.ts'
import { ElapsedTiming } from './timing/elapsed-timing.ts'
import { type ElapsedUnit, elapsedUnits, IntervalTiming } from './timing/interval-timing.ts'
import { MonthPattern } from './timing/month-pattern.ts'
import { EvenSteps, RandomSteps, type Steps } from './timing/steps.ts'
import type { Timing } from './timing/timing.ts'
import { WallTiming } from './timing/wall-timing.ts'
import {
  mondayToFriday,
  saturdayAndSunday,
  type WeekdayMask,
  WeekdayPattern,
} from './timing/weekday-pattern.ts'
import { placeIn } from './timing/words.ts'
import type { Zone } from './timing/zone.ts'

/**
 * A repetition that waits for its unit: `every(10).minutes`, `every().monday`,
 * `every(5).to(10).hours`. A unit in the plural goes with any number, one in the
 * singular and a day of the week with one alone.
 */
export class Every<Chain> {
  readonly #from: number
  readonly #to: number | undefined
  readonly #begin: (beginning: Beginning) => Chain

  /** @throws E_BAD_TIMING when the number is not whole and positive */
  constructor(from: number, begin: (beginning: Beginning) => Chain, to?: number) {
    this.#from = from
    this.#to = to
    this.#begin = begin
    wholeNumber(from, `every(${String(from)})`)
  }

  /**
   * At random from the first number to this one: the same draw in every process.
   * @throws E_BAD_TIMING when it is not whole, or less than the first
   */
  to(most: number): Every<Chain> {
    wholeNumber(most, `${this.#call}.to(${String(most)})`)
    if (most < this.#from)
      throw new EquipageError('E_BAD_TIMING', {
        place: `${this.#call}.to(${most})`,
        fault: `runs backwards; write every(${most}).to(${this.#from})`,
      })
    return new Every(this.#from, this.#begin, most)
  }

  get millisecond(): Chain {
    return this.#elapsed('millisecond', 'millisecond')
  }

  get milliseconds(): Chain {
    return this.#elapsed('millisecond', 'milliseconds')
  }

  get second(): Chain {
    return this.#elapsed('second', 'second')
  }

  get seconds(): Chain {
    return this.#elapsed('second', 'seconds')
  }

  get minute(): Chain {
    return this.#elapsed('minute', 'minute')
  }

  get minutes(): Chain {
    return this.#elapsed('minute', 'minutes')
  }

  get hour(): Chain {
    return this.#elapsed('hour', 'hour')
  }

  get hours(): Chain {
    return this.#elapsed('hour', 'hours')
  }

  get day(): Chain {
    return this.#days('day', 'day')
  }

  get days(): Chain {
    return this.#days('day', 'days')
  }

  get week(): Chain {
    return this.#days('week', 'week')
  }

  get weeks(): Chain {
    return this.#days('week', 'weeks')
  }

  get month(): Chain {
    return this.#months('month', 'month')
  }

  get months(): Chain {
    return this.#months('month', 'months')
  }

  get year(): Chain {
    return this.#months('year', 'year')
  }

  get years(): Chain {
    return this.#months('year', 'years')
  }

  get monday(): Chain {
    return this.#onDays(0b0000010, 'monday')
  }

  get tuesday(): Chain {
    return this.#onDays(0b0000100, 'tuesday')
  }

  get wednesday(): Chain {
    return this.#onDays(0b0001000, 'wednesday')
  }

  get thursday(): Chain {
    return this.#onDays(0b0010000, 'thursday')
  }

  get friday(): Chain {
    return this.#onDays(0b0100000, 'friday')
  }

  get saturday(): Chain {
    return this.#onDays(0b1000000, 'saturday')
  }

  get sunday(): Chain {
    return this.#onDays(0b0000001, 'sunday')
  }

  /** Monday to Friday. */
  get weekday(): Chain {
    return this.#onDays(mondayToFriday, 'weekday')
  }

  /** Saturday and Sunday. */
  get weekend(): Chain {
    return this.#onDays(saturdayAndSunday, 'weekend')
  }

  get #call(): string {
    const to = this.#to === undefined ? '' : `.to(${this.#to})`
    return `every(${this.#from === 1 && !to ? '' : this.#from})${to}`
  }

  get #single(): boolean {
    return this.#from === 1 && this.#to === undefined
  }

  #elapsed(unit: ElapsedUnit, written: string): Chain {
    const place = this.#checked(unit, written, elapsedUnits[unit])
    const words = this.#words(unit)
    return this.#begin({
      place,
      form: unit === 'hour' || unit === 'minute' ? unit : undefined,
      seeded: this.#to !== undefined,
      build: ({ times, zone, seed, firstStep }) => {
        if (!times) {
          const steps = this.#steps(elapsedUnits[unit], seed)
          return new IntervalTiming(steps, words, zone.name, firstStep)
        }
        const [placeMs = 0] = times
        const at = `${words} at ${placeIn(unit === 'hour' ? 'hour' : 'minute', placeMs)}`
        if (this.#single) return hourlyOrMinutely(unit, placeMs, zone, at)
        return new AlignedTiming(this.#steps(1, seed), unit, placeMs, zone, at, firstStep)
      },
    })
  }

  #days(unit: 'day' | 'week', written: string): Chain {
    return this.#begin({
      place: this.#checked(unit, written, unit === 'day' ? 86_400_000 : 604_800_000),
      form: 'day',
      seeded: this.#to !== undefined,
      build: ({ times, zone, seed, firstStep }) =>
        new WallTiming(new DayPattern(this.#steps(1, seed), unit, times, firstStep), zone),
    })
  }

  #months(unit: 'month' | 'year', written: string): Chain {
    const place = this.#checked(unit, written, unit === 'month' ? 2_678_400_000 : 31_622_400_000)
    if (this.#to !== undefined)
      throw new EquipageError('E_BAD_TIMING', {
        place,
        fault: 'has no fixed length to draw from; write it in days or weeks',
      })
    return this.#begin({
      place,
      form: 'day',
      build: ({ times, zone, firstStep }) =>
        new WallTiming(new MonthPattern(this.#from, unit, times, firstStep), zone),
    })
  }

  #onDays(mask: WeekdayMask, written: string): Chain {
    const place = `${this.#call}.${written}`
    if (!this.#single)
      throw new EquipageError('E_BAD_TIMING', {
        place,
        fault: `is not every week; write every().${written}, or every(${this.#from}).weeks from the day you begin`,
      })
    return this.#begin({
      place,
      form: 'day',
      build: ({ times, zone, firstStep }) =>
        new WallTiming(new WeekdayPattern(mask, times, firstStep), zone),
    })
  }

  /** The calls so far, when unit and numbers go together. */
  #checked(unit: string, written: string, unitMs: number): string {
    const place = `${this.#call}.${written}`
    if (written === unit && !this.#single)
      throw new EquipageError('E_BAD_TIMING', {
        place,
        fault: `is more than one; write ${place}s`,
      })
    if ((this.#to ?? this.#from) * unitMs > longestMs)
      throw new EquipageError('E_BAD_TIMING', {
        place,
        fault: 'is longer than 1,000 years; use a shorter interval',
      })
    return place
  }

  #words(unit: string): string {
    if (this.#single) return `every ${unit}`
    const to = this.#to === undefined ? '' : ` to ${this.#to}`
    return `every ${this.#from}${to} ${unit}s`
  }

  #steps(unitMs: number, seed: string): Steps {
    const from = this.#from * unitMs
    return this.#to === undefined
      ? new EvenSteps(from)
      : new RandomSteps(from, this.#to * unitMs, seed)
  }
}

/** Every hour or minute at a place inside it: what cron calls `30 * * * *`. */
function hourlyOrMinutely(unit: ElapsedUnit, placeMs: number, zone: Zone, words: string): Timing {
  const second = (placeMs % 60_000) / 1_000
  const minute = unit === 'hour' ? String(Math.floor(placeMs / 60_000)) : '*'
  const { pattern } = parseCron(`${second} ${minute} * * * *`)
  return new ElapsedTiming(pattern, zone, words)
}

const longestMs = 1_000 * 366 * 86_400_000

function wholeNumber(given: number, place: string): void {
  if (Number.isSafeInteger(given) && given > 0) return
  throw new EquipageError('E_BAD_TIMING', {
    place,
    fault: 'is no interval; use a positive whole number',
  })
}
