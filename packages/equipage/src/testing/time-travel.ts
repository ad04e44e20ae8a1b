import { type AnyApp, runtimeOf } from '../app/index.ts'
import type { Fate, Reason } from '../connection/index.ts'
import { type Duration, durationMs, EquipageError, VirtualClock } from '../core/index.ts'
import type { Pushable } from '../job/index.ts'
import {
  type EquipageScheduler,
  type Moment,
  momentMs,
  type Schedule,
  systemZone,
  type Zone,
  zoneNamed,
} from '../schedule/index.ts'
import { PushAssertions } from './push-assertions.ts'
import { Recorder, record } from './recorder.ts'

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
 * only records jobs. Before anything has used the application's clock, connection or log.
 * Functions of schedules run, jobs do not, and pings are not sent.
 * @throws E_SERVICE_IN_USE, E_NO_SCHEDULER, E_BAD_TIME, E_BAD_INSTANT, and the faults of the schedules
 */
export async function timeTravel(app: AnyApp, options: TimeTravelOptions): Promise<TimeTravel> {
  const runtime = runtimeOf(app)
  const timezone = runtime.config.get('scheduler.timezone')
  const zone = timezone === null ? systemZone() : zoneNamed(timezone, 'SCHEDULER_TIMEZONE')
  const from = momentMs(options.from, zone, 'timeTravel, from')
  const clock = new VirtualClock(from, { steady: true })
  const { jobsTake = 0 } = options
  const recorder = new Recorder({
    clock,
    durationOf: ({ name, metadata }) => {
      const job = metadata.chain?.name ?? name
      const given = typeof jobsTake === 'function' ? jobsTake(job) : jobsTake
      return durationMs(given, 'timeTravel, jobsTake')
    },
  })
  runtime.replace('clock', clock)
  record(app, recorder)
  await runtime.ready()
  const scheduler = await runtime.requiredScheduler()
  scheduler.timetable.schedules.forEach(withoutPings)
  await scheduler.start()
  return new TimeTravel({ clock, recorder, scheduler, zone })
}

/** A test notifies no monitor of a run. */
function withoutPings(schedule: Schedule<unknown>): void {
  const hooks = schedule.hooks.filter(hook => !('url' in hook))
  if (hooks.length < schedule.hooks.length) schedule.policy = { ...schedule.policy, hooks }
}

/** An application's scheduler under way through time, and what came of it. */
export class TimeTravel extends PushAssertions {
  /** The application's clock. */
  readonly clock: VirtualClock
  readonly scheduler: EquipageScheduler<unknown>
  readonly #recorder: Recorder
  readonly #zone: Zone

  constructor(dependencies: {
    clock: VirtualClock
    recorder: Recorder
    scheduler: EquipageScheduler<unknown>
    zone: Zone
  }) {
    super(dependencies.recorder)
    this.clock = dependencies.clock
    this.scheduler = dependencies.scheduler
    this.#recorder = dependencies.recorder
    this.#zone = dependencies.zone
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
    const where = 'travelTo'
    const aheadMs = momentMs(moment, this.#zone, where) - this.clock.now()
    if (aheadMs < 0) {
      const expected = `no earlier moment than ${this.now.toISOString()}, which has been reached`
      throw new EquipageError('E_BAD_OPTION', { where, option: 'moment', given: moment, expected })
    }
    await this.clock.advance(aheadMs)
  }

  /** What was decided of every tick, in their order. */
  get ticks(): DecidedTick[] {
    const ticks = Array.from(
      this.#recorder.connection.ticks.rows(),
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

  /** Fails unless a job was pushed at that instant, or at that wall time in the application's zone. */
  assertPushedAt(job: Pushable, moment: Moment): void {
    const at = momentMs(moment, this.#zone, 'assertPushedAt')
    if (this.pushed(job).some(pushed => pushed.at.getTime() === at)) return
    const expected = new Date(at).toISOString()
    this.missing(this.assertPushedAt, job, ` at ${expected}`, expected)
  }

  protected override reached(): string {
    return `, up to ${this.now.toISOString()}`
  }

  /** Whoever misses a push may have to know that its payload could not be made. */
  protected override remark(): string {
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
