import assert, { AssertionError } from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { z } from 'zod'
import { defineJob } from '../../src/job/index.ts'
import { timeTravel } from '../../src/testing/index.ts'
import { temporaryApp } from '../support/temporary-app.ts'

/** The same names as in the application below: what is asserted is found by name. */
const report = defineJob({
  name: 'report',
  payload: z.object({ id: z.int(), due: z.date().optional() }),
  run: () => null,
})
const poll = defineJob({ name: 'poll', run: () => null })

const jobs = `
  import { defineChain, defineJob } from 'equipage'
  import { z } from 'zod'
  export const report = defineJob({
    name: 'report',
    payload: z.object({ id: z.int(), due: z.any().optional() }),
    run: () => { throw new Error('no job runs here') },
  })
  export const poll = defineJob({ name: 'poll', run: () => null })
  export const day = defineChain({ name: 'day', start: poll }).andThen(poll, () => ({}))
`
const appFile = `
  import { Equipage } from 'equipage'
  import { defineConfig } from 'equipage/config'
  export class App extends Equipage { static override config = defineConfig({}) }
`

async function appOf(t: TestContext, register: string, env: Record<string, string> = {}) {
  const folder = temporaryApp(t, {
    files: {
      'app/index.ts': appFile,
      'app/jobs/jobs.ts': jobs,
      'app/scheduler.ts': `
        import { EquipageScheduler } from 'equipage'
        import { day, poll, report } from './jobs/jobs.ts'
        export class Scheduler extends EquipageScheduler { override register() { ${register} } }
      `,
    },
  })
  const { App } = await import(`${folder}/app/index.ts`)
  const app = App.make(folder, {
    env: { LOG_CHANNEL: 'null', SCHEDULER_TIMEZONE: 'Europe/Madrid', ...env },
  })
  t.after(() => app.dispose())
  return app as Parameters<typeof timeTravel>[0] & {
    queue: { push(...args: unknown[]): Promise<unknown> }
  }
}

suite('travelling through time', { concurrency: true }, () => {
  test('a year of a daily schedule pushes once a day at its wall time, whatever the clocks do', async t => {
    const app = await appOf(t, "this.schedule.every().day.at('02:30').push(report, { id: 7 })")
    const time = await timeTravel(app, { from: '2026-01-01 10:00' })
    await time.travelTo('2027-01-01 10:00')
    time.assertPushedTimes(report, 365)
    const pushes = time.pushed(report)
    const hours = new Set(pushes.map(({ at }) => at.toISOString().slice(11, 16)))
    // The 29th of March has no 02:30: it comes at 03:00, which is 01:00 in UTC.
    assert.deepEqual(hours, new Set(['01:30', '01:00', '00:30']))
    time.assertPushedAt(report, '2026-03-29 03:00')
    assert.deepEqual(pushes[0], {
      job: 'report',
      payload: { id: 7 },
      queue: 'default',
      at: new Date('2026-01-02T01:30:00Z'),
      delayMs: 0,
      priority: 0,
      tags: [],
      schedule: 'report',
      tick: new Date('2026-01-02T01:30:00Z'),
    })
    await time.stop()
  })

  test('a day of a minutely schedule has all its ticks, and stops when it is told to', async t => {
    const app = await appOf(t, 'this.schedule.every().minute.push(poll)')
    const time = await timeTravel(app, { from: '2026-01-01' })
    await time.advance('24h')
    time.assertPushedTimes(poll, 1_440)
    assert.equal(time.fired.length, 1_440)
    assert.ok(
      time.ticks.every(({ fate, lagMs, misfire }) => fate === 'fired' && !lagMs && !misfire),
    )
    await time.stop()
    await time.advance('1h')
    time.assertPushedTimes(poll, 1_440)
  })

  test('functions run, and what they push is recorded as theirs', async t => {
    const app = await appOf(
      t,
      `this.schedule.every(10).minutes.do(async function pushing({ app }) {
         await app.queue.push(report, { id: 1 })
       })
       this.schedule.every(30).minutes.push(day)`,
    )
    await using time = await timeTravel(app, { from: '2026-01-01' })
    await time.advance('31m')
    assert.deepEqual(
      time.pushed().map(({ job, schedule }) => [job, schedule]),
      [
        ['report', null],
        ['report', null],
        ['day', 'day'],
        ['report', null],
      ],
    )
    time.assertNotPushed(poll)
    assert.deepEqual(
      time.ticks.map(({ schedule, fate }) => `${schedule} ${fate}`),
      ['pushing fired', 'pushing fired', 'pushing fired', 'day fired'],
    )
  })

  test('a job that takes its time holds the next tick up where the schedule says so', async t => {
    const app = await appOf(
      t,
      `this.schedule.every(10).minutes.name('alone').push(poll).withoutOverlapping()
       this.schedule.every(10).minutes.name('free').push(report, { id: 1 })`,
    )
    const jobsTake = (job: string) => (job === 'poll' ? '15m' : '1h')
    await using time = await timeTravel(app, { from: '2026-01-01', jobsTake })
    await time.advance('40m')
    const fates = time.ticks.filter(({ schedule }) => schedule === 'alone')
    assert.deepEqual(
      fates.map(({ fate, reason }) => [fate, reason]),
      [
        ['fired', null],
        ['skipped', 'overlap'],
        ['fired', null],
        ['skipped', 'overlap'],
      ],
    )
    time.assertPushedTimes(report, 4)
    assert.equal(time.fired.length, 6)
  })

  test('an assertion that fails says what was pushed instead', async t => {
    const app = await appOf(t, "this.schedule.every().hour.name('hourly').push(report, { id: 7 })")
    await using time = await timeTravel(app, { from: '2026-01-01' })
    const messageOf = (assertion: () => void): string => {
      try {
        assertion()
      } catch (error) {
        assert.ok(error instanceof AssertionError)
        assert.match(
          error.stack ?? '',
          /^[^\n]*(\n {2}[^\n]*)*\n {4}at [^\n]*time-travel\.test\.ts/,
        )
        return error.message
      }
      assert.fail('it did not fail')
    }
    assert.equal(
      messageOf(() => time.assertPushed(poll)),
      '"poll" was to be pushed; it was not, up to 2025-12-31T23:00:00.000Z; nothing was pushed at all',
    )
    await time.advance('2h')
    assert.equal(
      messageOf(() => time.assertPushed(poll)),
      '"poll" was to be pushed; it was not, up to 2026-01-01T01:00:00.000Z; pushed were "report" 2 times',
    )
    const lines = `
  2026-01-01T00:00:00.000Z  { id: 7 }  on "default", by schedule "hourly"
  2026-01-01T01:00:00.000Z  { id: 7 }  on "default", by schedule "hourly"`
    assert.equal(
      messageOf(() => time.assertPushed(report, { id: 8 })),
      `"report" was to be pushed with { id: 8 }; it was pushed 2 times:${lines}`,
    )
    assert.equal(
      messageOf(() => time.assertNotPushed(report)),
      `"report" was not to be pushed; it was pushed 2 times:${lines}`,
    )
    assert.equal(
      messageOf(() => time.assertPushedTimes(report, 1)),
      `"report" was to be pushed once; it was pushed 2 times:${lines}`,
    )
    assert.equal(
      messageOf(() => time.assertPushedAt(report, '2026-01-01 01:30')),
      `"report" was to be pushed at 2026-01-01T00:30:00.000Z; it was pushed 2 times:${lines}`,
    )
    messageOf(() => time.assertPushed(report, ({ id }) => id > 7))
  })

  test('an assertion that fails tells of ticks whose payload could not be made', async t => {
    const app = await appOf(t, "this.schedule.every().hour.push(report, { id: 'seven' })")
    await using time = await timeTravel(app, { from: '2026-01-01' })
    await time.advance('2h')
    assert.throws(() => time.assertPushed(report), {
      message:
        /2 ticks failed; of schedule "report" at 2026-01-01T00:00:00.000Z: job "report" does not accept its payload/,
    })
  })

  test('a payload is matched by the fields that are given, as JSON carries them', async t => {
    const due = '2026-05-01T00:00:00.000Z'
    const app = await appOf(
      t,
      `this.schedule.every().hour.push(report, { id: 7, due: new Date('${due}') })`,
    )
    await using time = await timeTravel(app, { from: '2026-01-01' })
    await time.advance('1h')
    time.assertPushed(report)
    time.assertPushed(report, { id: 7 })
    time.assertPushed(report, { due: new Date(due) })
    time.assertPushed(report, ({ id }, { schedule }) => id === 7 && schedule === 'report')
    assert.throws(() => time.assertPushed(report, { id: 7, due: new Date(0) }))
    // @ts-expect-error: the job has no such field
    assert.throws(() => time.assertPushed(report, { name: 7 }))
    const id: number | undefined = time.pushed(report)[0]?.payload.id
    assert.equal(id, 7)
  })

  test('time does not go back, and begins at a moment', async t => {
    const app = await appOf(t, 'this.schedule.every().hour.push(poll)')
    await using time = await timeTravel(app, { from: new Date('2026-01-01T00:00Z') })
    await time.travelTo('2026-01-01T00:30:00Z')
    assert.equal(time.now.toISOString(), '2026-01-01T00:30:00.000Z')
    await assert.rejects(time.travelTo('2026-01-01T00:00:00Z'), {
      code: 'E_BAD_OPTION',
      message: /no earlier moment than 2026-01-01T00:30:00.000Z/,
    })
    const other = await appOf(t, '')
    await assert.rejects(timeTravel(other, { from: 'yesterday' }), { code: 'E_BAD_TIME' })
  })

  test('pings of schedules are not sent', async t => {
    const app = await appOf(
      t,
      `this.schedule.every().hour.push(poll)
       this.schedule.every().hour.do(function noted() {}).pingBefore('http://127.0.0.1:1/')`,
    )
    await using time = await timeTravel(app, { from: '2026-01-01' })
    await time.advance('1h')
    assert.deepEqual(
      time.scheduler.timetable.schedules.map(({ hooks }) => hooks),
      [[], []],
    )
  })

  test('it comes before anything has used the clock, and needs a scheduler', async t => {
    const used = await appOf(t, '')
    void used.clock
    await assert.rejects(timeTravel(used, { from: '2026-01-01' }), { code: 'E_SERVICE_IN_USE' })
    const folder = temporaryApp(t, { files: { 'app/index.ts': appFile } })
    const { App } = await import(`${folder}/app/index.ts`)
    const without = App.make(folder, { env: { LOG_CHANNEL: 'null' } })
    t.after(() => without.dispose())
    await assert.rejects(timeTravel(without, { from: '2026-01-01' }), { code: 'E_NO_SCHEDULER' })
  })
})
