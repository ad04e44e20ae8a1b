import { type Duration, EquipageError } from '../../core/index.ts'
import {
  type ClockTimes,
  clockTime,
  clockTimes,
  hoursWindow,
  looksLikeTime,
  mondayToFriday,
  saturdayAndSunday,
  type Weekday,
  weekdayMask,
  type Zone,
  zoneNamed,
} from '../timing/index.ts'
import type { Bounds, TimingParts, Until } from './compose.ts'
import type { Moment } from './moment.ts'
import { PolicyBuilder } from './policy-builder.ts'
import type { TimingSpec } from './timing-spec.ts'

/** What a chain says of its timing; a zone that was not named is the timetable's. */
export interface GatheredTiming extends Omit<TimingParts, 'seed' | 'zone'> {
  readonly zone: Zone | undefined
}

/** The part of a chain that says when: it stands before the action. */
export abstract class TimingBuilder<App> extends PolicyBuilder<App> {
  readonly #beginning: TimingSpec
  #times: ClockTimes | undefined
  #zone: Zone | undefined
  #bounds: Bounds | undefined

  constructor(beginning: TimingSpec) {
    super()
    this.#beginning = beginning
  }

  /**
   * At which times: `at('03:00')`, `at('08:00', '20:00')`, `at('03:00', 'Europe/Madrid')`
   * for days, weeks and longer, `at(':30')` or `at('30:15')` for hours, `at(':15')` for minutes.
   * @param given one time or more; a zone may stand last
   * @throws E_BAD_TIME, E_BAD_TIMING, E_UNKNOWN_ZONE
   */
  at(...given: readonly [string, ...string[]]): this {
    const { form } = this.#beginning
    const where = () => `${this.where}.at(${given.map(text => `'${String(text)}'`).join(', ')})`
    const refuse = (fault: string) => new EquipageError('E_BAD_TIMING', { where: where(), fault })
    if (!form) throw refuse('has no time inside it to choose; leave .at(...) out')
    if (this.#times)
      throw refuse("is a second .at(...); write several times in one: .at('08:00', '20:00')")
    const last = given.at(-1) ?? ''
    const zone = given.length > 1 && !looksLikeTime(String(last)) ? last : undefined
    const times = zone === undefined ? given : given.slice(0, -1)
    if (times.length > 1 && form !== 'day')
      throw refuse(`takes one time; write a cron expression for several in one ${form}`)
    this.#times = clockTimes(times, form, where)
    return zone === undefined ? this : this.timezone(zone)
  }

  /**
   * The zone that its times are meant in, by its IANA name.
   * @throws E_UNKNOWN_ZONE
   */
  timezone(name: string): this {
    const where = `${this.where}.timezone('${String(name)}')`
    const zone = zoneNamed(name, where)
    const own = this.#beginning.zone
    if (own && own !== zone)
      throw new EquipageError('E_BAD_TIMING', {
        where,
        fault: `contradicts the expression's own zone ${own.name}; leave one of them out`,
      })
    this.#zone = zone
    return this
  }

  /**
   * Nothing before this moment; intervals count from it, and it is the first tick where it matches.
   * @param moment an instant, or a wall time in the schedule's zone: `'2026-12-24 18:30'`
   */
  startingAt(moment: Moment): this {
    return this.#bound({ startingAt: moment })
  }

  /**
   * Nothing after this moment; a tick at the very instant still fires.
   * @param end an instant, a wall time in the schedule's zone (`'2026-12-24 18:30'`), a length
   *   of time from the first registration (`'10h'`), or a time of its day (`'18:30'`)
   * @throws E_DEADLINE_PAST when the action is named and the end has passed
   */
  until(end: Until): this {
    return this.#bound({ until: end })
  }

  /**
   * The first so many ticks from the first registration on, fired or not.
   * @param count 1 to 1,000,000
   * @throws E_BAD_TIMING
   */
  limit(count: number): this {
    if (!Number.isInteger(count) || count < 1 || count > 1_000_000)
      throw new EquipageError('E_BAD_TIMING', {
        where: `${this.where}.limit(${String(count)})`,
        fault: 'is no number of ticks; use a whole number from 1 to 1,000,000',
      })
    return this.#bound({ limit: count })
  }

  /**
   * Puts every tick off by up to so long, drawn from schedule and tick: the same in every process.
   * @param most shorter than the gap between two ticks
   */
  jitter(most: Duration): this {
    return this.#bound({ jitter: most })
  }

  /**
   * Only between two times of day, both included; past midnight when the first is the later.
   * @throws E_BAD_TIME
   */
  between(from: string, to: string): this {
    return this.#hours(from, to, true)
  }

  /** Only outside two times of day, both excluded. */
  unlessBetween(from: string, to: string): this {
    return this.#hours(from, to, false)
  }

  /**
   * Only on these days of the week; a later call takes the place of an earlier one.
   * @param days 0 (Sunday) to 6, 7 being Sunday too, or their English names
   * @throws E_BAD_TIMING
   */
  days(...days: readonly (Weekday | readonly Weekday[])[]): this {
    const where = `${this.where}.days(...)`
    return this.#bound({ weekdays: weekdayMask(days.flat(), where) })
  }

  /** Only from Monday to Friday. */
  weekdays(): this {
    return this.#bound({ weekdays: mondayToFriday })
  }

  /** Only on Saturday and Sunday. */
  weekends(): this {
    return this.#bound({ weekdays: saturdayAndSunday })
  }

  mondays(): this {
    return this.days(1)
  }

  tuesdays(): this {
    return this.days(2)
  }

  wednesdays(): this {
    return this.days(3)
  }

  thursdays(): this {
    return this.days(4)
  }

  fridays(): this {
    return this.days(5)
  }

  saturdays(): this {
    return this.days(6)
  }

  sundays(): this {
    return this.days(0)
  }

  /** What was gathered for the action that ends the chain. */
  protected gathered<Rest extends object>(rest: Rest): GatheredTiming & Rest {
    return Object.assign(rest, {
      beginning: this.#beginning,
      times: this.#times,
      zone: this.#zone ?? this.#beginning.zone,
      bounds: this.#bounds,
    })
  }

  protected override get where(): string {
    return this.#beginning.where
  }

  #hours(from: string, to: string, inside: boolean): this {
    const where = `${this.where}.${inside ? 'between' : 'unlessBetween'}('${from}', '${to}')`
    const window = hoursWindow(clockTime(from, 'day', where), clockTime(to, 'day', where), inside)
    return this.#bound({ windows: [...(this.#bounds?.windows ?? []), window] })
  }

  #bound(bounds: Bounds): this {
    this.#bounds = { ...this.#bounds, ...bounds }
    return this
  }
}
