import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { VirtualClock } from '../../src/core/virtual-clock.ts'
import { JobRegistry } from '../../src/job/index.ts'
import { Queue } from '../../src/queue/index.ts'
import { ScheduleHooks } from '../../src/schedule/firing/hooks.ts'
import { EquipageScheduler, Timetable } from '../../src/schedule/index.ts'
import { memoryConnection } from '../../src/simulation/memory-connection.ts'
import { recordedPast } from '../../src/simulation/recorded-past.ts'
import type { RunsOf } from '../../src/simulation/simulated-action.ts'
import { type SimulatedTick, simulate } from '../../src/simulation/simulation.ts'
import {
  type DrawnSchedule,
  drawnJob,
  runsOf,
  timingCount,
  writeTimetable,
} from '../schedule/support/random-timetable.ts'
import { mortal, mortalClock } from '../schedule/support/world.ts'
import { capturedLog } from '../support/lines.ts'

const second = 1_000
const minute = 60 * second
const start = Date.parse('2026-03-28T23:00:00Z')

const { log } = capturedLog()

/** What is done to a scheduler, and how long after what was done before. */
interface Deed {
  readonly afterMs: number
  readonly kind: 'stop' | 'kill' | 'pause' | 'resume'
  /** How long it is down, of the first two; which schedule, of the others. */
  readonly downMs: number
  readonly schedule: number
}

/**
 * Lets a timetable be fired by a real scheduler, over a connection in memory and under a clock
 * that is looked at once a second, and does to it what was drawn.
 */
async function reallyRun(drawn: readonly DrawnSchedule[], totals: readonly Deed[]) {
  const clock = new VirtualClock(start, { turns: 1 })
  const runs = runsOf(drawn)
  const connection = memoryConnection({
    clock,
    durationOf: ({ metadata: { tick } }) =>
      tick ? runs(tick.schedule, Date.parse(tick.scheduledFor)).durationMs : 0,
    // A worker puts on record how long a run took that others wait for.
    onPush: ({ job, pushedAt }) => {
      const { tick } = job.metadata
      if (!tick || drawn[Number(tick.schedule.split(' ')[1])]?.overlap === 'allow') return
      const at = Date.parse(tick.scheduledFor)
      const { durationMs } = runs(tick.schedule, at)
      const end = { name: tick.schedule, tick: at, fate: 'fired', error: null } as const
      clock.after(durationMs, () => {
        void connection.ticks.endRun({ ...end, durationMs: clock.now() - pushedAt })
      })
    },
  })
  const registry = new JobRegistry()
  registry.add(drawnJob, 'test')
  const boot = async () => {
    const life = { dead: false }
    const own = mortalClock(clock, life)
    const carrier = async () => connection.carrier
    const admin = async () => connection.admin
    class Scheduler extends EquipageScheduler<unknown> {
      override register() {
        writeTimetable(this.schedule, drawn, own)
      }
    }
    const scheduler = new Scheduler({
      app: null,
      memory: mortal(connection.ticks, life),
      queue: new Queue({ carrier, admin, clock: own, registry: async () => registry }),
      env: 'testing',
      timezone: 'Europe/Madrid',
      log,
      clock: own,
      hooks: new ScheduleHooks({ log, clock: own }),
    })
    await scheduler.start()
    return { scheduler, life }
  }
  let process = await boot()
  for (const { afterMs, kind, downMs, schedule } of totals) {
    await clock.advance(afterMs)
    const name = `schedule ${schedule % drawn.length}`
    if (kind === 'pause' || kind === 'resume') {
      await connection.ticks.setPaused(name, kind === 'pause')
      continue
    }
    if (kind === 'stop') await process.scheduler.stop()
    else process.life.dead = true
    await clock.advance(downMs)
    process = await boot()
  }
  await clock.advance(10 * minute)
  const heartbeat = { deployment: 'none', process: 'looker-on', calls: [], leaving: true }
  await connection.ticks.heartbeat(heartbeat)
  return { ticks: connection.ticks, now: clock.now() }
}

const schedule: fc.Arbitrary<DrawnSchedule> = fc.record({
  timing: fc.nat({ max: timingCount - 1 }),
  action: fc.constantFrom('push', 'call'),
  overlap: fc.constantFrom('allow', 'skip', 'queue'),
  misfire: fc.constantFrom(undefined, 'skip', 'once', 'all'),
  withinMinutes: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
  conditional: fc.boolean(),
  elsewhere: fc.nat({ max: 9 }).map(n => n === 0),
  runMinutes: fc.constantFrom(0, 1, 12),
  fails: fc.boolean(),
  stops: fc.nat({ max: 4 }).map(n => n === 0),
})

const deed: fc.Arbitrary<Deed> = fc.record({
  afterMs: fc.integer({ min: 0, max: 25 * 60 }).map(s => s * second + 7),
  kind: fc.constantFrom('stop', 'kill', 'pause', 'resume'),
  // A process that was killed counts as alive for 15 seconds: a shorter time is no downtime.
  downMs: fc.oneof(
    fc.integer({ min: 20, max: 90 }).map(s => s * second),
    fc.integer({ min: 2, max: 60 }).map(m => m * minute),
  ),
  schedule: fc.nat({ max: 9 }),
})

/** What both have to agree on, a line each. */
function lines(ticks: readonly SimulatedTick[]): string[] {
  return ticks
    .map(({ schedule, tick, first, count, fate, reason, misfire, lagMs }) =>
      [
        new Date(tick).toISOString(),
        schedule,
        count > 1 ? `x${count} from ${new Date(first).toISOString()}` : '',
        fate,
        reason,
        misfire && 'misfire',
        lagMs,
      ]
        .filter(Boolean)
        .join(' '),
    )
    .sort()
}

suite('a simulation', { concurrency: true }, () => {
  test('of the past gives what the ledger has: random timetables, stops, kills, pauses and runs', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(schedule, { minLength: 1, maxLength: 4 }),
        fc.array(deed, { maxLength: 6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (drawn, totals, beginning) => {
          const { ticks, now } = await reallyRun(drawn, totals)
          const timetable = new Timetable({ timezone: 'Europe/Madrid' })
          writeTimetable(timetable, drawn, new VirtualClock(start))
          const { schedules } = timetable
          const span = { from: start + Math.floor((now - start) * beginning), to: now }
          const past = await recordedPast(ticks, schedules, span)
          const dependencies = { schedules, to: now, env: 'testing', app: null, log }
          const simulated = await simulate({ ...dependencies, ...past })
          const within = (rows: SimulatedTick[]) =>
            rows.filter(({ tick, fate }) => tick >= span.from && fate !== 'pending')
          const recorded = Array.from(ticks.rows(), ({ name, row }) => ({ schedule: name, ...row }))
          assert.deepEqual(lines(within(simulated)), lines(within(recorded)))
        },
      ),
      { numRuns: 40 },
    )
  })

  /** The fates of a timetable, as `03:00 fired`, for one schedule or with its name before it. */
  const fatesOf = async (
    register: (schedule: Timetable<unknown>) => void,
    given: Partial<Parameters<typeof simulate>[0]> & { from: number; to: number },
  ) => {
    const timetable = new Timetable({ timezone: 'UTC' })
    register(timetable)
    const { schedules } = timetable
    const ticks = await simulate({ schedules, env: 'testing', app: null, log, ...given })
    return ticks.map(({ tick, count, fate, reason, misfire }) => {
      const time = new Date(tick).toISOString().slice(11, 16)
      const more = [reason, misfire && 'misfire', count > 1 && `x${count}`].filter(Boolean)
      return [time, fate, ...more].join(' ')
    })
  }
  const at = (time: string) => Date.parse(`2026-06-01T${time}:00Z`)
  const morning = { from: at('08:00'), to: at('12:00') }

  test('plays ticks at both of its ends, and runs nothing', async () => {
    const fates = await fatesOf(schedule => {
      schedule
        .cron('0 * * * *')
        .name('hourly')
        .do(() => assert.fail('it ran'))
    }, morning)
    assert.deepEqual(fates, [
      '08:00 fired',
      '09:00 fired',
      '10:00 fired',
      '11:00 fired',
      '12:00 fired',
    ])
  })

  test('makes up for ticks of a downtime as the policies say', async () => {
    const downs = [{ from: at('08:30'), to: at('11:10') }]
    const fates = (misfire: 'skip' | 'once' | 'all') =>
      fatesOf(schedule => schedule.cron('0 * * * *').misfire(misfire).push(drawnJob), {
        ...morning,
        downs,
      })
    assert.deepEqual(await fates('skip'), ['08:00 fired', '11:00 missed x3', '12:00 fired'])
    assert.deepEqual(await fates('once'), [
      '08:00 fired',
      '10:00 missed x2',
      '11:00 fired misfire',
      '12:00 fired',
    ])
    assert.deepEqual(await fates('all'), [
      '08:00 fired',
      '09:00 fired misfire',
      '10:00 fired misfire',
      '11:00 fired misfire',
      '12:00 fired',
    ])
  })

  test('a downtime that does not end leaves the rest undecided', async () => {
    const fates = await fatesOf(schedule => schedule.cron('0 * * * *').push(drawnJob), {
      ...morning,
      downs: [{ from: at('09:30'), to: null }],
    })
    const pending = ['10:00 pending', '11:00 pending', '12:00 pending']
    assert.deepEqual(fates, ['08:00 fired', '09:00 fired', ...pending])
  })

  test('skips the ticks of a pause, one that had begun before as well', async () => {
    const pauses = new Map([
      [
        'drawn',
        [
          { from: at('07:00'), to: at('08:30') },
          { from: at('10:30'), to: null },
        ],
      ],
    ])
    const fates = await fatesOf(schedule => schedule.cron('0 * * * *').push(drawnJob), {
      ...morning,
      pauses,
    })
    assert.deepEqual(fates, [
      '08:00 skipped paused',
      '09:00 fired',
      '10:00 fired',
      '11:00 skipped paused',
      '12:00 skipped paused',
    ])
  })

  test('runs last as long as they are said to, and hold up what does not overlap', async () => {
    const runs: RunsOf = () => ({ durationMs: 90 * minute, error: null, stops: false })
    const fates = (overlap: 'skip' | 'queue', kind: 'push' | 'call') =>
      fatesOf(
        schedule => {
          const chain = schedule.cron('0 * * * *').overlap(overlap)
          if (kind === 'push') chain.push(drawnJob)
          else chain.name('drawn').do(() => undefined)
        },
        { ...morning, to: at('11:30'), runs },
      )
    const skipped = ['08:00 fired', '09:00 skipped overlap', '10:00 fired', '11:00 skipped overlap']
    assert.deepEqual(await fates('skip', 'push'), skipped)
    assert.deepEqual(await fates('skip', 'call'), skipped)
    const waited = ['08:00 fired', '09:00 fired queued', '10:00 fired queued']
    assert.deepEqual(await fates('queue', 'push'), [...waited, '11:00 skipped overlap'])
  })

  test('a function dies with its process, one that fails has failed, and one that stops is the last', async () => {
    const hourly = (schedule: Timetable<unknown>) =>
      schedule
        .cron('0 * * * *')
        .name('hourly')
        .do(() => undefined)
    const well = { durationMs: 0, error: null, stops: false }
    const downs = [{ from: at('08:20'), to: at('09:30') }]
    const long: RunsOf = () => ({ ...well, durationMs: 30 * minute })
    assert.deepEqual(await fatesOf(hourly, { ...morning, downs, runs: long }), [
      '08:00 failed interrupted',
      '09:00 fired misfire',
      '10:00 fired',
      '11:00 fired',
      '12:00 running',
    ])
    const fails: RunsOf = (_, tick) => ({ ...well, error: tick === at('09:00') ? 'no' : null })
    assert.equal((await fatesOf(hourly, { ...morning, runs: fails }))[1], '09:00 failed error')
    const stops: RunsOf = (_, tick) => ({ ...well, stops: tick === at('09:00') })
    assert.deepEqual(await fatesOf(hourly, { ...morning, runs: stops }), [
      '08:00 fired',
      '09:00 fired',
    ])
  })

  test('asks the environment and the conditions, and waits for their answers', async () => {
    const asked: string[] = []
    const fates = await fatesOf(
      schedule => {
        schedule
          .cron('0 * * * *')
          .when(async ({ app, scheduledFor }) => {
            // The world outside takes its own time.
            const { size } = await stat(import.meta.filename)
            asked.push(`${app} ${size > 0}`)
            return scheduledFor.getUTCHours() !== 10
          })
          .push(drawnJob)
        schedule.cron('30 9 * * *').name('elsewhere').environments('production').push(drawnJob)
      },
      { ...morning, to: at('11:00'), app: 'the application' },
    )
    assert.deepEqual(fates, [
      '08:00 fired',
      '09:00 fired',
      '09:30 skipped environment',
      '10:00 skipped condition',
      '11:00 fired',
    ])
    assert.deepEqual(asked, Array(4).fill('the application true'))
  })

  test('intervals count from where they stand, and otherwise from its beginning', async () => {
    const register = (schedule: Timetable<unknown>) => schedule.every(50).minutes.push(drawnJob)
    const hour = { from: at('08:00'), to: at('09:00') }
    assert.deepEqual(await fatesOf(register, hour), ['08:50 fired'])
    const standings = new Map([['drawn', { anchor: at('00:00'), cursor: at('07:30') }]])
    assert.deepEqual(await fatesOf(register, { ...hour, standings }), ['08:20 fired'])
  })

  test('a year of a daily schedule, or a day of a minutely one, is nothing much', async () => {
    const day = { from: at('00:00'), to: at('00:00') + 24 * 60 * minute }
    const minutely = await fatesOf(schedule => schedule.cron('* * * * *').push(drawnJob), day)
    assert.equal(minutely.length, 1_441)
    const year = { from: at('00:00'), to: at('00:00') + 365 * 24 * 60 * minute }
    const daily = await fatesOf(schedule => schedule.daily().at('03:00').push(drawnJob), year)
    assert.equal(daily.length, 365)
  })
})
