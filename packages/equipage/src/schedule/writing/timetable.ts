import type { Temporal } from 'temporal-polyfill'
import { type Clock, EquipageError, systemClock } from '../../core/index.ts'
import {
  cronTiming,
  OnceTiming,
  parseCron,
  systemZone,
  type Timing,
  type Zone,
  zoneNamed,
} from '../timing/index.ts'
import { composeTiming } from './compose.ts'
import { Every } from './every.ts'
import { HandFiring, type PushOf } from './hand-firing.ts'
import { zonedAt } from './instant.ts'
import { LaravelWords } from './laravel-words.ts'
import { type Moment, momentMs } from './moment.ts'
import type { Registered } from './registered.ts'
import { Repetition } from './repetition.ts'
import { Schedule } from './schedule.ts'
import { ScheduleBuilder, type ScheduleDraft } from './schedule-builder.ts'
import type { TimingSpec } from './timing-spec.ts'

export interface TimetableOptions<App = unknown> {
  /** The IANA name of the zone of every schedule that names none; the system's when left out. */
  readonly timezone?: string | undefined
  /** What tells the time; the machine's own when left out. */
  readonly clock?: Pick<Clock, 'now'>
  /** What ticks are told as `app` when the timetable fires by hand. */
  readonly app?: App
  /** What `environments()` is compared with when it fires by hand; left out, every environment fits. */
  readonly environment?: string
  /** What carries pushes when it fires by hand. */
  readonly push?: PushOf<App>
}

/**
 * All schedules of an application, as they are written. It works alone, without
 * application or connection, and then fires by `runPending()`.
 */
export class Timetable<App = unknown> extends LaravelWords<ScheduleBuilder<App>> {
  readonly #zone: Zone
  readonly #clock: Pick<Clock, 'now'>
  readonly #firing: HandFiring<App>
  /** One list for good: the scheduler holds it too. */
  readonly #schedules: Schedule<App>[] = []
  /** What was written, by its text: a thousand schedules at 03:00 hold one timing. Dropped when closed. */
  readonly #timings = new Map<string, Timing>()
  readonly #expressions = new Map<string, TimingSpec>()
  readonly #beginEvery = (beginning: TimingSpec) => this.begin(beginning)
  #closed = false

  /** @throws E_UNKNOWN_ZONE */
  constructor(options: TimetableOptions<App> = {}) {
    super()
    this.#zone = options.timezone ? zoneNamed(options.timezone, 'timezone') : systemZone()
    this.#clock = options.clock ?? systemClock
    this.#firing = new HandFiring<App>({
      // Without an application there is none to tell; its type is then left at unknown.
      app: options.app as App,
      environment: options.environment,
      push: options.push,
    })
  }

  /** The IANA name of the zone of every schedule that names none. */
  get zone(): string {
    return this.#zone.name
  }

  /** In the order in which they were written. */
  get schedules(): readonly Schedule<App>[] {
    return this.#schedules
  }

  /**
   * Begins a repetition: `every(10).minutes`, `every().monday`.
   * @throws E_BAD_TIMING when it is not a positive whole number
   */
  every(n = 1): Every<ScheduleBuilder<App>> {
    return new Every(new Repetition(n), this.#beginEvery)
  }

  /**
   * A cron expression of five fields, or six with seconds first.
   * @throws E_BAD_CRON, E_UNKNOWN_ZONE
   */
  cron(expression: string): ScheduleBuilder<App> {
    let beginning = this.#expressions.get(expression)
    if (!beginning) {
      const { pattern, zone } = parseCron(expression)
      beginning = {
        where: `cron('${expression}')`,
        form: undefined,
        zone,
        build: setting => cronTiming(pattern, setting.zone),
      }
      this.#expressions.set(expression, beginning)
    }
    return this.begin(beginning)
  }

  /**
   * One instant, and never again.
   * @param at an instant, or a wall time: `'2026-12-24 18:30'`
   * @param timezone of a wall time; the timetable's when left out
   * @throws E_BAD_TIME, E_BAD_INSTANT, E_UNKNOWN_ZONE
   */
  once(at: Moment, timezone?: string): ScheduleBuilder<App> {
    const where = `once(${typeof at === 'string' ? `'${at}'` : '...'})`
    const zone = timezone === undefined ? undefined : zoneNamed(timezone, where)
    const atMs = momentMs(at, zone ?? this.#zone, where)
    return this.begin({
      where: `once(${atMs})`,
      form: undefined,
      zone,
      build: setting => new OnceTiming(atMs, setting.zone.name),
    })
  }

  /** The schedules with a tag, all of them without one. */
  all(tag?: string): readonly Schedule<App>[] {
    if (tag === undefined) return [...this.#schedules]
    return this.#schedules.filter(schedule => schedule.tags.includes(tag))
  }

  /** Removes the schedules with a tag, all of them without one. */
  clear(tag?: string): void {
    this.#remove(schedule => tag === undefined || schedule.tags.includes(tag))
  }

  /** Removes a schedule; one that is not there is left alone. */
  cancel(given: Schedule<App> | Registered<App>): void {
    const gone = given instanceof Schedule ? given : given.schedule
    this.#remove(schedule => schedule === gone)
  }

  /**
   * Fires by hand what is due, each schedule once however many ticks it missed, in the order
   * of their ticks. For a timetable that works alone; the scheduler fires its own.
   * @throws what a schedule threw, after all were tried; several errors as an AggregateError
   */
  async runPending(): Promise<void> {
    const stopped = await this.#firing.firePending(this.#schedules, this.#now)
    for (const schedule of stopped) this.cancel(schedule)
  }

  /** Fires every schedule by hand now, due or not. */
  async runAll(): Promise<void> {
    const stopped = await this.#firing.fireAll(this.#schedules, this.#now)
    for (const schedule of stopped) this.cancel(schedule)
  }

  /** The next tick of all that `runPending()` has not handled; it may have passed. Null when there is none. */
  get nextRun(): Temporal.ZonedDateTime | null {
    let first: number | null = null
    let zone = this.#zone.name
    for (const schedule of this.#schedules) {
      const tick = this.#firing.next(schedule)
      if (tick === null || (first !== null && tick >= first)) continue
      first = tick
      zone = schedule.zone
    }
    return first === null ? null : zonedAt(first, zone)
  }

  /** Seconds until `nextRun`, negative when it has passed; null when there is none. */
  get idleSeconds(): number | null {
    const next = this.nextRun
    return next === null ? null : (next.epochMilliseconds - this.#now) / 1_000
  }

  /**
   * Ends the writing: every schedule must have a name of its own. Closing twice is legal.
   * @throws E_SCHEDULE_NEEDS_NAME, E_SCHEDULE_NAME_TWICE
   */
  close(): void {
    const named = new Map<string, Schedule<App>>()
    for (const schedule of this.#schedules) {
      const { name, words } = schedule
      if (name === undefined) throw new EquipageError('E_SCHEDULE_NEEDS_NAME', { words })
      const first = named.get(name)
      if (first)
        throw new EquipageError('E_SCHEDULE_NAME_TWICE', {
          name,
          first: first.words,
          second: words,
          free: freeName(`${name} ${words}`, named),
        })
      named.set(name, schedule)
    }
    this.#closed = true
    this.#timings.clear()
    this.#expressions.clear()
  }

  #remove(isGone: (schedule: Schedule<App>) => boolean): void {
    let kept = 0
    for (const schedule of this.#schedules) {
      if (isGone(schedule)) this.#firing.forget(schedule)
      else this.#schedules[kept++] = schedule
    }
    this.#schedules.length = kept
  }

  protected override begin(beginning: TimingSpec): ScheduleBuilder<App> {
    return new ScheduleBuilder<App>(beginning, this.#register)
  }

  get #now(): number {
    return Math.floor(this.#clock.now())
  }

  readonly #register = (draft: ScheduleDraft<App>): Schedule<App> => {
    const { action, beginning, policy } = draft
    if (this.#closed) throw new EquipageError('E_TIMETABLE_CLOSED', { where: beginning.where })
    const schedule = new Schedule<App>({
      name: draft.name,
      timing: this.#timing(draft),
      action,
      policy,
      clock: this.#clock,
    })
    this.#schedules.push(schedule)
    return schedule
  }

  #timing(draft: ScheduleDraft<App>): Timing {
    const { beginning, times, bounds } = draft
    const zone = draft.zone ?? this.#zone
    const seed = draft.name ?? draft.action.name ?? beginning.where
    const dependencies = { beginning, times, zone, bounds, seed }
    if (beginning.seeded || bounds) return composeTiming(dependencies, this.#now)
    const key = `${beginning.where} ${times ?? ''} ${zone.name}`
    const known = this.#timings.get(key)
    if (known) return known
    const timing = composeTiming(dependencies, this.#now)
    this.#timings.set(key, timing)
    return timing
  }
}

function freeName(wanted: string, taken: ReadonlyMap<string, unknown>): string {
  let name = wanted
  for (let n = 2; taken.has(name); n++) name = `${wanted} ${n}`
  return name
}
