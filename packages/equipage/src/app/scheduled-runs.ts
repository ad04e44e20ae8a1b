import type { TickMemory } from '../connection/index.ts'
import { type Clock, toError } from '../core/index.ts'
import { type Attempt, jobTick, type RunOutcome, type TickRuns } from '../job/index.ts'
import type { Logger } from '../log/index.ts'
import { type Schedule, type ScheduleHooks, tickOfJob } from '../schedule/index.ts'

export interface ScheduledRunsDependencies {
  /** Handed to hooks as `app`. */
  app: unknown
  hooks: ScheduleHooks
  /** The application's schedules; asked for once, when the first job with a tick comes. */
  schedules(): Promise<readonly Schedule[]>
  ticks(): Promise<TickMemory>
  log: Logger
  clock: Clock
}

type EndedRun = Parameters<TickRuns['ended']>[0]

/**
 * Follows the runs of pushed jobs in the process that runs them: calls the hooks of the schedule
 * that pushed them, found by its name in the application's own timetable, and puts on record how
 * long a run took where the schedule's overlap policy waits for it.
 */
export class ScheduledRuns implements TickRuns {
  readonly #dependencies: ScheduledRunsDependencies
  #schedules: Promise<ReadonlyMap<string, Schedule>> | undefined

  constructor(dependencies: ScheduledRunsDependencies) {
    this.#dependencies = dependencies
  }

  async began(attempt: Attempt): Promise<void> {
    const run = await this.#find(attempt)
    if (run) await this.#dependencies.hooks.begin(run.schedule, run.tick)
  }

  async ended(job: EndedRun, outcome: RunOutcome): Promise<void> {
    const endedAt = this.#dependencies.clock.now()
    const run = await this.#find(job)
    if (!run) return
    await Promise.all([
      run.schedule.overlap === 'allow' ? undefined : this.#record(run.tick, endedAt),
      this.#dependencies.hooks.end(run.schedule, run.tick, outcome),
    ])
  }

  async #find({ metadata, signal }: EndedRun) {
    if (!metadata.tick) return undefined
    this.#schedules ??= this.#load()
    const schedule = (await this.#schedules).get(metadata.tick.schedule)
    if (!schedule) return undefined
    const tick = tickOfJob(schedule, jobTick(metadata.tick), {
      app: this.#dependencies.app,
      signal,
    })
    return { schedule, tick }
  }

  /** Those that have anything to do here, by their names. */
  async #load(): Promise<ReadonlyMap<string, Schedule>> {
    const found = new Map<string, Schedule>()
    try {
      for (const schedule of await this.#dependencies.schedules())
        if (schedule.hooks.length > 0 || schedule.overlap !== 'allow')
          found.set(schedule.name ?? '', schedule)
    } catch (thrown) {
      const err = toError(thrown)
      this.#dependencies.log.error(
        { err },
        'the schedules cannot be read here; their hooks are not called',
      )
    }
    return found
  }

  /** The job's fate is its own record; this adds the duration to the row of its tick, which is no reason to fail. */
  async #record(
    { schedule, scheduledFor, lagMs }: ReturnType<typeof jobTick>,
    endedAt: number,
  ): Promise<void> {
    const tick = scheduledFor.getTime()
    const durationMs = Math.max(0, endedAt - (tick + lagMs))
    try {
      const ticks = await this.#dependencies.ticks()
      await ticks.endRun({ name: schedule, tick, fate: 'fired', error: null, durationMs })
    } catch (thrown) {
      const fields = { schedule, tick: scheduledFor.toISOString(), err: toError(thrown) }
      this.#dependencies.log.debug(fields, 'how long a run took could not be put on record')
    }
  }
}
