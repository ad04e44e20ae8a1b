import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { row } from '../support/ledger-rows.ts'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { scheduled } from '../support/scheduled.ts'
import { shop } from '../support/shop.ts'

const away = 'LOG_CHANNEL=null\nSCHEDULER_TIMEZONE=UTC\nQUEUE_CONNECTION=redis\nREDIS_PORT=1\n'

describe('equipage schedule list', { concurrency: true }, () => {
  it('shows the schedules without firing or registering them', async t => {
    const folder = shop(t)
    const { text, notes } = await runCommand(folder, 'schedule', 'list')
    const [headings, , report, nightly] = text.split('\n')
    assert.match(headings ?? '', /^schedule +timing +zone +last tick +next tick +in UTC +state$/)
    assert.match(report ?? '', /^report +every 10 minutes +UTC +none +\d{4}-\d\d-\d\d \d\d:\d\d:/)
    assert.match(nightly ?? '', / UTC +none +\S+ 03:00:00\+00:00 +\S+ 03:00:00Z +not registered$/)
    assert.equal(notes, '')
    await runCommand(folder, 'schedule', 'list')
    const [first] = await jsonOf(folder, 'schedule', 'list')
    assert.deepEqual([first.registered, first.last], [false, null])
  })

  it('tells of the last tick and of a pause, and counts from the anchor that is stored', async t => {
    const folder = shop(t)
    await scheduled(folder, '2020-01-15T09:03:00Z', async ({ decide, memory }) => {
      const tick = Date.parse('2020-01-15T09:13:00Z')
      await decide('report', row(tick, { lagMs: 3 }))
      await memory.setPaused('report', true)
    })
    const [report, nightly] = await jsonOf(folder, 'schedule', 'list')
    assert.deepEqual(
      [report.paused, report.pausedAt, report.last.tick, report.last.fate, report.last.lagMs],
      [true, '2020-01-15T09:03:00.000Z', '2020-01-15T09:13:00.000Z', 'fired', 3],
    )
    assert.match(report.nextUtc, /:\d3:00\.000Z$/)
    assert.ok(Date.parse(report.nextUtc) > Date.now() - 1_000)
    assert.equal(Date.parse(report.next), Date.parse(report.nextUtc))
    assert.deepEqual([nightly.paused, nightly.last, nightly.registered], [false, null, true])
    const { text } = await runCommand(folder, 'schedule', 'list')
    assert.match(
      text,
      /^report .* 2020-01-15 09:13:00\+00:00 fired .* paused since 2020-01-15 09:03:00\+00:00$/m,
    )
  })

  it('works with the connection away, and notes that', async t => {
    const folder = shop(t, { '.env': away })
    const { text, notes } = await runCommand(folder, 'schedule', 'list')
    assert.match(text, /^nightly +every day at 03:00 /m)
    assert.match(notes, /^E_CONNECTION_AWAY: .*127\.0\.0\.1:1.*; what is registered is not known/)
  })

  it('says so where there are none', async t => {
    const scheduler = `
      import { EquipageScheduler } from 'equipage'
      export class Scheduler extends EquipageScheduler { register() {} }
    `
    const folder = shop(t, { 'app/scheduler.ts': scheduler })
    assert.match((await runCommand(folder, 'schedule', 'list')).text, /^no schedules/)
    assert.deepEqual(await jsonOf(folder, 'schedule', 'list'), [])
  })

  it('tells a schedule that is written wrong', async t => {
    const scheduler = `
      import { EquipageScheduler } from 'equipage'
      export class Scheduler extends EquipageScheduler {
        register() { this.schedule.every().day.at('25:00').name('x').do(() => {}) }
      }
    `
    const folder = shop(t, { 'app/scheduler.ts': scheduler })
    await assert.rejects(runCommand(folder, 'schedule', 'list'), { code: 'E_BAD_TIME' })
  })
})

describe('equipage schedule next', { concurrency: true }, () => {
  it('gives the next ticks after an instant, counted from the anchor that is stored', async t => {
    const folder = shop(t)
    await scheduled(folder, '2020-01-15T09:03:00Z')
    const args = ['next', 'report', '-n', '2', '--after', '2026-07-01 12:00']
    assert.deepEqual(await jsonOf(folder, 'schedule', ...args), {
      name: 'report',
      timing: 'every 10 minutes',
      zone: 'UTC',
      registered: true,
      paused: false,
      ticks: [
        { tick: '2026-07-01T12:03:00.000Z', local: '2026-07-01T12:03:00+00:00' },
        { tick: '2026-07-01T12:13:00.000Z', local: '2026-07-01T12:13:00+00:00' },
      ],
    })
    assert.deepEqual((await runCommand(folder, 'schedule', ...args)).text.split('\n'), [
      'next ticks in UTC          in UTC',
      '-------------------------  --------------------',
      '2026-07-01 12:03:00+00:00  2026-07-01 12:03:00Z',
      '2026-07-01 12:13:00+00:00  2026-07-01 12:13:00Z',
    ])
  })

  it('gives five from now when it is told nothing else, also with the connection away', async t => {
    const folder = shop(t, { '.env': away })
    const { text, notes } = await runCommand(folder, 'schedule', 'next', 'nightly', '--json')
    const { ticks, registered } = JSON.parse(text)
    assert.equal(ticks.length, 5)
    assert.ok(ticks.every(({ tick }: { tick: string }) => tick.endsWith('T03:00:00.000Z')))
    assert.ok(Date.parse(ticks[0].tick) > Date.now() - 1_000)
    assert.equal(registered, false)
    assert.match(notes, /^E_CONNECTION_AWAY/)
  })

  it('notes that the schedule is paused', async t => {
    const folder = shop(t)
    await scheduled(folder, '2020-01-15T09:03:00Z', async ({ memory }) => {
      await memory.setPaused('nightly', true)
    })
    const { notes } = await runCommand(folder, 'schedule', 'next', 'nightly')
    assert.equal(
      notes,
      '"nightly" is paused since 2020-01-15 09:03:00+00:00: its ticks are skipped',
    )
  })

  it('says that there is none any more', async t => {
    const scheduler = `
      import { EquipageScheduler } from 'equipage'
      export class Scheduler extends EquipageScheduler {
        register() { this.schedule.once('2020-01-15').name('gone').do(() => {}) }
      }
    `
    const folder = shop(t, { 'app/scheduler.ts': scheduler })
    assert.equal(
      (await runCommand(folder, 'schedule', 'next', 'gone')).text,
      '"gone" never fires again',
    )
  })

  it('refuses a name that there is not, and an instant that is none', async t => {
    const folder = shop(t)
    await assert.rejects(runCommand(folder, 'schedule', 'next', 'nigtly'), {
      code: 'E_UNKNOWN_SCHEDULE',
      message: `there is no schedule 'nigtly'; did you mean "nightly"?`,
    })
    await assert.rejects(runCommand(folder, 'schedule', 'next', 'nightly', '--after', 'soon'), {
      code: 'E_BAD_ARGUMENT',
      message: /^--after: expected .*, got 'soon'$/,
    })
  })

  it('refuses any name where there is no app/scheduler.ts', async t => {
    const folder = shop(t, { 'app/scheduler.ts': 'export class Scheduler {}' })
    await assert.rejects(runCommand(folder, 'schedule', 'next', 'nightly'), {
      code: 'E_NO_SCHEDULER',
    })
  })
})
