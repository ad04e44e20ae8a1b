import { type Clock, wait } from '../../../src/core/clock.ts'
import { defineJob } from '../../../src/job/index.ts'
import { stop, type Timetable } from '../../../src/schedule/index.ts'
import { hashOf } from '../../../src/schedule/timing/hash.ts'
import type { RunsOf, SimulatedRun } from '../../../src/simulation/simulated-action.ts'

const minute = 60_000

/** How one schedule of a timetable was drawn. */
export interface DrawnSchedule {
  readonly timing: number
  readonly action: 'push' | 'call'
  readonly overlap: 'allow' | 'skip' | 'queue'
  readonly misfire: 'skip' | 'once' | 'all' | undefined
  readonly withinMinutes: number | undefined
  readonly conditional: boolean
  readonly elsewhere: boolean
  /** The longest run. */
  readonly runMinutes: number
  readonly fails: boolean
  readonly stops: boolean
}

const timings = [
  (schedule: Timetable) => schedule.every(7).minutes,
  (schedule: Timetable) => schedule.every(40).seconds,
  (schedule: Timetable) => schedule.cron('*/5 * * * *'),
  (schedule: Timetable) => schedule.every().hour.at(':30'),
  (schedule: Timetable) => schedule.every(11).to(17).minutes,
  (schedule: Timetable) => schedule.cron('13,17 * * * *'),
]

export const timingCount = timings.length

const nameOf = (index: number): string => `schedule ${index}`
const drawnOf = (drawn: readonly DrawnSchedule[], name: string) => drawn[Number(name.split(' ')[1])]

export const drawnJob = defineJob({ name: 'drawn', run: () => null })

/** What becomes of each run, the same with every call. */
export function runsOf(drawn: readonly DrawnSchedule[]): RunsOf {
  return (name, tick): SimulatedRun => {
    const schedule = drawnOf(drawn, name)
    if (!schedule) throw new Error(`no schedule ${name}`)
    const draw = hashOf(`${name} ${tick}`)
    const stops = schedule.stops && schedule.action === 'call' && draw % 23 === 0
    const error = schedule.fails && !stops && draw % 7 === 0 ? `out of paper at ${tick}` : null
    const unmade = error !== null && schedule.action === 'push'
    const durationMs = stops || unmade ? 0 : draw % (schedule.runMinutes * minute + 1)
    return { durationMs, error, stops }
  }
}

/** Writes the timetable as an application does; its functions take the time that they are to take. */
export function writeTimetable(
  schedule: Timetable<unknown>,
  drawn: readonly DrawnSchedule[],
  clock: Clock,
): void {
  const runs = runsOf(drawn)
  for (const [index, one] of drawn.entries()) {
    const name = nameOf(index)
    const chain = timings[one.timing]?.(schedule as Timetable)
    if (!chain) throw new Error(`no timing ${one.timing}`)
    chain.overlap(one.overlap)
    if (one.misfire) {
      const within = one.withinMinutes
      chain.misfire(one.misfire, within === undefined ? {} : { within: `${within}m` })
    }
    if (one.conditional) chain.when(tick => hashOf(tick.scheduledFor.toISOString()) % 3 > 0)
    if (one.elsewhere) chain.environments('elsewhere')
    if (one.action === 'push') {
      chain.name(name).push(drawnJob, tick => {
        const { error } = runs(name, tick.scheduledFor.getTime())
        if (error !== null) throw new Error(error)
        return {}
      })
      continue
    }
    chain.name(name).do(async tick => {
      const { durationMs, error, stops } = runs(name, tick.scheduledFor.getTime())
      if (durationMs > 0) await wait(clock, durationMs, tick.signal)
      tick.signal.throwIfAborted()
      if (error !== null) throw new Error(error)
      return stops ? stop : undefined
    })
  }
}
