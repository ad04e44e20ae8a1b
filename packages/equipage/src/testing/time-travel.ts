import { join } from 'node:path'
import type { AnyApp } from '../app/index.ts'
import type { Fate, Reason } from '../connection/index.ts'
import { type MemoryConnection, memoryConnection } from '../connection/memory/memory-connection.ts'
import { type Duration, durationMs } from '../core/durations.ts'
import { shown } from '../core/error-catalogue.ts'
import { EquipageError } from '../core/errors.ts'
import { VirtualClock } from '../core/virtual-clock.ts'
import type { Pushable } from '../job/index.ts'
import type { EquipageScheduler, Schedule } from '../schedule/index.ts'
import { type Moment, momentMs } from '../schedule/moment.ts'
import { systemZone, type Zone, zoneNamed } from '../schedule/timing/zone.ts'
import {
  failure,
  matches,
  othersPushed,
  type Pushed,
  type PushMatch,
  pushedBy,
  pushedOf,
  pushLines,
  times,
} from './pushed.ts'

export interface TimeTravelOptions {
  /** Where it begins: an instant, or a wall time in the application's zone (`'2026-03-27 10:00'`). */
  from: Moment
  /** How long a pushed job is unfinished, for schedules with an overlap policy; 0 when left out. */
  jobsTake?: Duration | ((job: string) => Duration)
}

/** What was decided of a tick, or of several in a row. */
export interface DecidedTick {
  readonly schedule: string
  readonly tick: Date
  /** More than 1 where several in a row were dropped; `tick` is then the last. */
  readonly count: number
  readonly fate: Fate
  readonly reason: Reason | null
  /** What the error of a failed tick said. */
  readonly error: string | null
  readonly misfire: boolean
  readonly lagMs: number
}

/**
 * Starts an application's scheduler under a clock that the test moves and over a connection that
 * only takes note of jobs. Before anything has used the application's clock, connection or log.
 * Functions of schedules run, jobs do not, and pings are not sent.
 * @throws E_SERVICE_IN_USE, E_NO_SCHEDULER, E_BAD_TIME, E_BAD_INSTANT, and the faults of the schedules
 */
export async function timeTravel(app: AnyApp, options: TimeTravelOptions): Promise<TimeTravel> {
  const timezone = app.settings.get('scheduler.timezone')
  const zone = timezone === null ? systemZone() : zoneNamed(timezone, 'SCHEDULER_TIMEZONE')
  const from = momentMs(options.from, zone, 'timeTravel, from')
  const clock = new VirtualClock(from, { steady: true })
  const { jobsTake = 0 } = options
  const connection = memoryConnection({
    clock,
    durationOf: ({ name, stamp }) => {
      const job = stamp.chain?.name ?? name
      const given = typeof jobsTake === 'function' ? jobsTake(job) : jobsTake
      return durationMs(given, 'timeTravel, jobsTake')
    },
  })
  app.replace('clock', clock)
  app.replace('connection', Promise.resolve(connection))
  await app.ready()
  const scheduler = await app.scheduler
  if (!scheduler) {
    throw new EquipageError('E_NO_SCHEDULER', { file: join(app.basePath, 'app', 'scheduler.ts') })
  }
  scheduler.timetable.schedules.forEach(withoutPings)
  await scheduler.start()
  return new TimeTravel({ clock, connection, scheduler, zone })
}

/** A test tells no monitor that a run has ended. */
function withoutPings(schedule: Schedule<unknown>): void {
  const hooks = schedule.hooks.filter(hook => !('url' in hook))
  if (hooks.length < schedule.hooks.length) schedule.policy = { ...schedule.policy, hooks }
}

/** An application's scheduler under way through time, and what came of it. */
export class TimeTravel {
  /** The application's clock. */
  readonly clock: VirtualClock
  readonly scheduler: EquipageScheduler<unknown>
  readonly #connection: MemoryConnection
  readonly #zone: Zone

  constructor(parts: {
    clock: VirtualClock
    connection: MemoryConnection
    scheduler: EquipageScheduler<unknown>
    zone: Zone
  }) {
    this.clock = parts.clock
    this.scheduler = parts.scheduler
    this.#connection = parts.connection
    this.#zone = parts.zone
  }

  /** The moment that has been reached. */
  get now(): Date {
    return new Date(this.clock.now())
  }

  /** Lets so much time go by; every tick on the way is decided at its own moment. */
  advance(duration: Duration): Promise<void> {
    return this.clock.advance(duration)
  }

  /**
   * Goes on to an instant, or to a wall time in the application's zone.
   * @throws E_BAD_OPTION when it has passed; time does not go back
   */
  async travelTo(moment: Moment): Promise<void> {
    const place = 'travelTo'
    const aheadMs = momentMs(moment, this.#zone, place) - this.clock.now()
    if (aheadMs < 0) {
      const expected = `no earlier moment than ${this.now.toISOString()}, which has been reached`
      throw new EquipageError('E_BAD_OPTION', { place, option: 'moment', given: moment, expected })
    }
    await this.clock.advance(aheadMs)
  }

  /** What was pushed, by schedules, functions and the test: of one job or chain, or all. The oldest first. */
  pushed(): Pushed[]
  pushed<Payload>(job: Pushable<Payload>): Pushed<Payload>[]
  pushed(job?: Pushable): Pushed[] {
    const all = this.#connection.carrier.pushes.map(pushedOf)
    return job ? pushedBy(all, job) : all
  }

  /** What was decided of every tick, in their order. */
  get ticks(): DecidedTick[] {
    const ticks = Array.from(
      this.#connection.ticks.rows(),
      ({ name, row: { tick, count, fate, reason, error, misfire, lagMs } }): DecidedTick => ({
        schedule: name,
        tick: new Date(tick),
        count,
        fate,
        reason,
        error,
        misfire,
        lagMs,
      }),
    )
    return ticks.sort((a, b) => a.tick.getTime() - b.tick.getTime())
  }

  /** The ticks that pushed their job or began their function. */
  get fired(): DecidedTick[] {
    return this.ticks.filter(({ fate }) => fate === 'fired' || fate === 'running')
  }

  /**
   * Fails unless a job was pushed, with a payload that has the given fields, or of which the given
   * function is true.
   */
  assertPushed<Payload>(job: Pushable<Payload>, match?: PushMatch<Payload>): void {
    const pushes = this.pushed(job)
    if (pushes.some(pushed => match === undefined || matches(pushed, match))) return
    const wanted =
      match === undefined
        ? ''
        : typeof match === 'function'
          ? ' with a payload that matches'
          : ` with ${shown(match)}`
    this.#fail(this.assertPushed, job, pushes, { wanted, expected: match ?? job.name })
  }

  /** Fails when a job was pushed. */
  assertNotPushed(job: Pushable): void {
    const actual = this.pushed(job)
    if (actual.length === 0) return
    const message = `"${job.name}" was not to be pushed; it was pushed ${times(actual.length)}:\n${pushLines(actual)}`
    const stackStartFn = this.assertNotPushed
    throw failure({ message, actual, expected: [], operator: 'assertNotPushed', stackStartFn })
  }

  /** Fails unless a job was pushed exactly so often. */
  assertPushedTimes(job: Pushable, count: number): void {
    const pushes = this.pushed(job)
    if (pushes.length === count) return
    const wanted = ` ${times(count)}`
    this.#fail(this.assertPushedTimes, job, pushes, { wanted, expected: count })
  }

  /** Fails unless a job was pushed at that instant, or at that wall time in the application's zone. */
  assertPushedAt(job: Pushable, moment: Moment): void {
    const pushes = this.pushed(job)
    const at = momentMs(moment, this.#zone, 'assertPushedAt')
    if (pushes.some(pushed => pushed.at.getTime() === at)) return
    const expected = new Date(at).toISOString()
    this.#fail(this.assertPushedAt, job, pushes, { wanted: ` at ${expected}`, expected })
  }

  #fail(
    stackStartFn: (...args: never[]) => unknown,
    job: Pushable,
    actual: readonly Pushed[],
    { wanted, expected }: { wanted: string; expected: unknown },
  ): never {
    const found =
      actual.length === 0
        ? `it was not, up to ${this.now.toISOString()}; ${othersPushed(this.pushed())}`
        : `it was pushed ${times(actual.length)}:\n${pushLines(actual)}`
    const message = `"${job.name}" was to be pushed${wanted}; ${found}${this.#failedTicks()}`
    throw failure({ message, actual, expected, operator: stackStartFn.name, stackStartFn })
  }

  /** Whoever misses a push may have to know that its payload could not be made. */
  #failedTicks(): string {
    const failed = this.ticks.filter(({ fate }) => fate === 'failed')
    const [first] = failed
    if (!first) return ''
    const count = failed.length === 1 ? '1 tick' : `${failed.length} ticks`
    return `\n${count} failed; of schedule "${first.schedule}" at ${first.tick.toISOString()}: ${first.error ?? first.reason}`
  }

  /** Fires no more, and lets functions that run know that it is over. */
  async stop(): Promise<void> {
    await this.scheduler.stop(0)
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }
}
