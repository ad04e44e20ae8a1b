import { EquipageError } from '../../core/index.ts'
import {
  AlignedTiming,
  DayPattern,
  ElapsedTiming,
  type ElapsedUnit,
  EvenSteps,
  elapsedUnits,
  IntervalTiming,
  MonthPattern,
  parseCron,
  placeIn,
  RandomSteps,
  type Steps,
  type Timing,
  WallTiming,
  type WeekdayMask,
  WeekdayPattern,
  type Zone,
} from '../timing/index.ts'
import type { TimingSpec } from './timing-spec.ts'

/** So many units, or at random from so many to so many: what `every()` has gathered when its unit is named. */
export class Repetition {
  readonly #from: number
  readonly #to: number | undefined

  /** @throws E_BAD_TIMING when a number is not whole and positive, or the second less than the first */
  constructor(from: number, to?: number) {
    this.#from = from
    this.#to = to
    wholeNumber(from, `every(${String(from)})`)
    if (to === undefined) return
    const where = `every(${from}).to(${String(to)})`
    wholeNumber(to, where)
    if (to < from)
      throw new EquipageError('E_BAD_TIMING', {
        where,
        fault: `runs backwards; write every(${to}).to(${from})`,
      })
  }

  /** The same, at random up to a number. */
  upTo(most: number): Repetition {
    return new Repetition(this.#from, most)
  }

  get #call(): string {
    const to = this.#to === undefined ? '' : `.to(${this.#to})`
    return `every(${this.#from === 1 && !to ? '' : this.#from})${to}`
  }

  get #single(): boolean {
    return this.#from === 1 && this.#to === undefined
  }

  elapsed(unit: ElapsedUnit, written: string): TimingSpec {
    const where = this.#checked(unit, written, elapsedUnits[unit])
    const words = this.#words(unit)
    return {
      where,
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
    }
  }

  days(unit: 'day' | 'week', written: string): TimingSpec {
    return {
      where: this.#checked(unit, written, unit === 'day' ? 86_400_000 : 604_800_000),
      form: 'day',
      seeded: this.#to !== undefined,
      build: ({ times, zone, seed, firstStep }) =>
        new WallTiming(new DayPattern(this.#steps(1, seed), unit, times, firstStep), zone),
    }
  }

  months(unit: 'month' | 'year', written: string): TimingSpec {
    const where = this.#checked(unit, written, unit === 'month' ? 2_678_400_000 : 31_622_400_000)
    if (this.#to !== undefined)
      throw new EquipageError('E_BAD_TIMING', {
        where,
        fault: 'has no fixed length to draw from; write it in days or weeks',
      })
    return {
      where,
      form: 'day',
      build: ({ times, zone, firstStep }) =>
        new WallTiming(new MonthPattern(this.#from, unit, times, firstStep), zone),
    }
  }

  onDays(mask: WeekdayMask, written: string): TimingSpec {
    const where = `${this.#call}.${written}`
    if (!this.#single)
      throw new EquipageError('E_BAD_TIMING', {
        where,
        fault: `is not every week; write every().${written}, or every(${this.#from}).weeks from the day you begin`,
      })
    return {
      where,
      form: 'day',
      build: ({ times, zone, firstStep }) =>
        new WallTiming(new WeekdayPattern(mask, times, firstStep), zone),
    }
  }

  /** The calls so far, when unit and numbers go together. */
  #checked(unit: string, written: string, unitMs: number): string {
    const where = `${this.#call}.${written}`
    if (written === unit && !this.#single)
      throw new EquipageError('E_BAD_TIMING', {
        where,
        fault: `is more than one; write ${where}s`,
      })
    if ((this.#to ?? this.#from) * unitMs > longestMs)
      throw new EquipageError('E_BAD_TIMING', {
        where,
        fault: 'is longer than 1,000 years; use a shorter interval',
      })
    return where
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

function wholeNumber(given: number, where: string): void {
  if (Number.isSafeInteger(given) && given > 0) return
  throw new EquipageError('E_BAD_TIMING', {
    where,
    fault: 'is no interval; use a positive whole number',
  })
}
