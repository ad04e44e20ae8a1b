import { EquipageError, toError } from '../../core/index.ts'
import type { Pushable } from '../../job/index.ts'
import { dayOf, isoDate, latestTick, zoneNamed } from '../timing/index.ts'
import { stop, type TickContext } from './action.ts'
import type { Schedule } from './schedule.ts'

/** Carries a scheduled push where the timetable works alone. */
export type PushOf<App> = (job: Pushable, payload: unknown, tick: TickContext<App>) => unknown

/**
 * Fires schedules when the caller asks, without timer or connection, and remembers in
 * this process alone what was fired. A schedule that missed several ticks fires once.
 */
export class HandFiring<App> {
  readonly #app: App
  readonly #environment: string | undefined
  readonly #push: PushOf<App> | undefined
  readonly #handled = new Map<Schedule<App>, number>()
  readonly #fired = new Map<Schedule<App>, number>()

  constructor(dependencies: {
    app: App
    environment: string | undefined
    push: PushOf<App> | undefined
  }) {
    this.#app = dependencies.app
    this.#environment = dependencies.environment
    this.#push = dependencies.push
  }

  /** The next tick that was not handled yet, also when its time has passed. */
  next(schedule: Schedule<App>): number | null {
    return schedule.timing.next(this.#cursor(schedule), schedule.anchor)
  }

  /**
   * Fires every schedule that is due, in the order of their ticks, each after the one before.
   * All are tried; then the first error is thrown, several as an AggregateError.
   * @returns those that answered `stop`
   */
  async firePending(schedules: readonly Schedule<App>[], now: number): Promise<Schedule<App>[]> {
    const due: { schedule: Schedule<App>; tick: number; misfire: boolean }[] = []
    for (const schedule of schedules) {
      const { timing, anchor } = schedule
      const latest = latestTick(timing, anchor, this.#cursor(schedule), now)
      if (latest) due.push({ schedule, tick: latest.tick, misfire: !latest.only })
    }
    due.sort((a, b) => a.tick - b.tick)
    return this.#fireEach(due, now)
  }

  /** Fires every schedule now, due or not, in the order in which they were written. */
  async fireAll(schedules: readonly Schedule<App>[], now: number): Promise<Schedule<App>[]> {
    const all = schedules.map(schedule => ({ schedule, tick: now, misfire: false }))
    return this.#fireEach(all, now)
  }

  forget(schedule: Schedule<App>): void {
    this.#handled.delete(schedule)
    this.#fired.delete(schedule)
  }

  #cursor(schedule: Schedule<App>): number {
    return this.#handled.get(schedule) ?? schedule.anchor
  }

  async #fireEach(
    ticks: readonly { schedule: Schedule<App>; tick: number; misfire: boolean }[],
    now: number,
  ): Promise<Schedule<App>[]> {
    const stopped: Schedule<App>[] = []
    const errors: Error[] = []
    for (const { schedule, tick, misfire } of ticks) {
      // Noted before it runs: a function that throws is not called again for the same tick.
      this.#handled.set(schedule, Math.max(tick, this.#cursor(schedule)))
      try {
        const answer = await this.#fire(schedule, this.#context(schedule, tick, now, misfire))
        if (answer === stop) stopped.push(schedule)
      } catch (error) {
        errors.push(toError(error))
      }
    }
    if (errors.length > 1)
      throw new AggregateError(errors, `${errors.length} schedules failed: ${errors.join('; ')}`)
    if (errors[0]) throw errors[0]
    return stopped
  }

  async #fire(schedule: Schedule<App>, tick: TickContext<App>): Promise<unknown> {
    const { environments, conditions, action } = schedule
    const here = this.#environment
    if (environments.length > 0 && here !== undefined && !environments.includes(here)) return
    for (const { ask, passWhen } of conditions) if (!!(await ask(tick)) !== passWhen) return
    this.#fired.set(schedule, tick.scheduledFor.getTime())
    if (action.kind === 'call') return action.call(tick)
    if (!this.#push)
      throw new EquipageError('E_SCHEDULE_NEEDS_QUEUE', {
        schedule: tick.schedule,
        job: action.job.name,
      })
    await this.#push(action.job, await action.payload(tick), tick)
  }

  #context(schedule: Schedule<App>, tick: number, now: number, misfire: boolean): TickContext<App> {
    const previous = this.#fired.get(schedule)
    return {
      app: this.#app,
      schedule: schedule.name ?? schedule.words,
      scheduledFor: new Date(tick),
      previous: previous === undefined ? null : new Date(previous),
      lagMs: Math.max(0, now - tick),
      misfire,
      date: isoDate(dayOf(zoneNamed(schedule.zone, 'tick').localAt(tick))),
      signal: new AbortController().signal,
    }
  }
}
