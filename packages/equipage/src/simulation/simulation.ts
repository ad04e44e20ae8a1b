import type { Fate, LedgerRow } from '../connection/index.ts'
import { VirtualClock } from '../core/index.ts'
import type { Logger } from '../log/index.ts'
import { endOfTime, type Schedule, ScheduleHooks, TickFiring, TickLoop } from '../schedule/index.ts'
import { type MemoryConnection, memoryConnection } from './memory-connection.ts'
import {
  preparedSimulation,
  type RunsOf,
  type SimulatedLife,
  simulatedSchedule,
} from './simulated-action.ts'
import { eventsOf, type SimulatedSpan, type SimulationEvent } from './simulation-events.ts'

/** Where a schedule stands when a simulation begins. Epoch milliseconds. */
export interface StartingPoint {
  readonly anchor: number
  /** The last tick that was decided; the anchor where none was. */
  readonly cursor: number
}

export interface SimulationDependencies<App> extends SimulatedSpan {
  schedules: readonly Schedule<App>[]
  /** By the schedule's name. One that is not there is registered at `from`. */
  standings?: ReadonlyMap<string, StartingPoint>
  /** What becomes of a run; it ends well at once when left out. */
  runs?: RunsOf
  /** The value of `app.env`. */
  env: string
  /** What conditions are told as `app`. */
  app: App
  log: Logger
  /** Several ticks in a row that share a fate are told one by one; as the ledger has them when left out. */
  oneByOne?: boolean
}

/** A tick, or several in a row that share a fate, as the ledger has them. */
export interface SimulatedTick
  extends Pick<
    LedgerRow,
    'tick' | 'first' | 'count' | 'reason' | 'misfire' | 'lagMs' | 'durationMs'
  > {
  readonly schedule: string
  /** `pending`: it was due, and not decided when the simulation ended. */
  readonly fate: Fate | 'pending'
}

/**
 * Plays a timetable through a span of time: the scheduler's own loop decides the ticks, under a
 * clock that jumps from one to the next and over a connection in memory. No action runs: each run
 * lasts as long as `runs` says. Conditions are asked as they are at this moment.
 * @returns in the order of the ticks
 */
export async function simulate<App>(
  dependencies: SimulationDependencies<App>,
): Promise<SimulatedTick[]> {
  const simulation = new Simulation(dependencies)
  for (const event of eventsOf(dependencies)) await simulation.goOnTo(event.at, event)
  await simulation.goOnTo(dependencies.to)
  await simulation.end()
  return simulation.ticks()
}

/** A timetable on its way through time. */
class Simulation<App> {
  readonly #dependencies: SimulationDependencies<App>
  readonly #clock: VirtualClock
  readonly #connection: MemoryConnection
  readonly #schedules: readonly Schedule<App>[]
  readonly #log: Logger
  /** What stands in for the actions asks it whether its process is still there. */
  readonly #life: SimulatedLife
  #running: { loop: TickLoop<App>; ended: AbortController } | undefined

  constructor(dependencies: SimulationDependencies<App>) {
    this.#dependencies = dependencies
    // Conditions are held, and all the rest is promises.
    this.#clock = new VirtualClock(dependencies.from, { steady: true, turns: 1 })
    this.#log = dependencies.log.child({}, { level: 'silent' })
    const runs = dependencies.runs ?? (() => ({ durationMs: 0, error: null, stops: false }))
    this.#life = { clock: this.#clock, runs, ended: new AbortController().signal }
    this.#schedules = dependencies.schedules.map(schedule => {
      const standIn = simulatedSchedule(schedule, this.#life)
      standIn.anchorAt(this.#standingOf(schedule).anchor)
      return standIn
    })
    this.#connection = memoryConnection({
      clock: this.#clock,
      durationOf: ({ metadata: { tick } }) =>
        tick ? runs(tick.schedule, Date.parse(tick.scheduledFor)).durationMs : 0,
      start: this.#schedules.map(schedule => this.#startOf(schedule)),
    })
  }

  #standingOf(schedule: Schedule<App>): StartingPoint {
    const { from, standings } = this.#dependencies
    return standings?.get(nameOf(schedule)) ?? { anchor: from, cursor: from - 1 }
  }

  #startOf(schedule: Schedule<App>) {
    const { from, pauses } = this.#dependencies
    const { name = '', definition } = schedule
    const { anchor, cursor } = this.#standingOf(schedule)
    const before = (pauses?.get(name) ?? []).filter(pause => pause.from < from)
    const soFar = before.map(({ from: since, to }) => ({
      from: since,
      to: to !== null && to < from ? to : null,
    }))
    return { name, definition, anchor, cursor, pauses: soFar }
  }

  /** Lets time go by up to a moment, and then what happens there. */
  async goOnTo(at: number, event?: SimulationEvent): Promise<void> {
    await this.#clock.advance(Math.max(0, at - this.#clock.now()))
    switch (event?.kind) {
      case 'up':
        return this.#start()
      case 'down':
        return this.#stop()
      case 'pause':
      case 'resume':
        await this.#connection.ticks.setPaused(event.schedule, event.kind === 'pause')
    }
  }

  async #start(): Promise<void> {
    const ended = new AbortController()
    this.#life.ended = ended.signal
    const { app, env } = this.#dependencies
    const shared = {
      memory: this.#connection.ticks,
      process: 'simulation',
      log: this.#log,
      clock: this.#clock,
    }
    const firing = new TickFiring<App>({
      ...shared,
      queue: { prepare: preparedSimulation },
      app,
      env,
      hooks: new ScheduleHooks<App>(shared),
    })
    const loop = new TickLoop<App>({ ...shared, schedules: this.#schedules, firing, offset: 0 })
    this.#running = { loop, ended }
    await loop.start()
  }

  async #stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    await running?.loop.halt()
    // Functions are not waited for: they die with their process.
    running?.ended.abort()
    await running?.loop.leave()
  }

  /** What was interrupted is put on record; what runs goes on. */
  async end(): Promise<void> {
    const { ticks } = this.#connection
    await ticks.heartbeat({ deployment: 'simulation', process: 'end', calls: [], leaving: true })
    await this.#stop()
  }

  async ticks(): Promise<SimulatedTick[]> {
    const ticks: SimulatedTick[] = []
    const schedules = new Map(this.#schedules.map(one => [nameOf(one), one]))
    for (const { name: schedule, row } of this.#connection.ticks.rows()) {
      const { tick, first, count, fate, reason, misfire, lagMs, durationMs } = row
      const told = { schedule, tick, first, count, fate, reason, misfire, lagMs, durationMs }
      const own = this.#dependencies.oneByOne ? schedules.get(schedule) : undefined
      ticks.push(...(own && count > 1 ? apart(told, own) : [told]))
    }
    return [...ticks, ...(await this.#pending())].sort((a, b) => a.tick - b.tick)
  }

  async #pending(): Promise<SimulatedTick[]> {
    const { to } = this.#dependencies
    const cursors = await this.#connection.ticks.cursors(this.#schedules.map(nameOf))
    return this.#schedules.flatMap((schedule, index) => {
      const pending: SimulatedTick[] = []
      const { timing, anchor } = schedule
      const none = { count: 1, reason: null, misfire: false, durationMs: null }
      let tick = cursors[index] ?? endOfTime
      while (tick < endOfTime) {
        tick = timing.next(tick, anchor) ?? endOfTime
        if (tick > to) break
        const fields = { schedule: nameOf(schedule), tick, first: tick, lagMs: to - tick }
        pending.push({ ...fields, ...none, fate: 'pending' })
      }
      return pending
    })
  }
}

const nameOf = <App>({ name = '' }: Schedule<App>): string => name

/** The ticks that a row stands for. */
function apart<App>(row: SimulatedTick, { timing, anchor }: Schedule<App>): SimulatedTick[] {
  const ticks: SimulatedTick[] = []
  let tick: number | null = row.first
  while (tick !== null && tick <= row.tick) {
    ticks.push({ ...row, tick, first: tick, count: 1, lagMs: row.lagMs + row.tick - tick })
    tick = timing.next(tick, anchor)
  }
  return ticks
}
