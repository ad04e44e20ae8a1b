import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { row } from '../support/ledger-rows.ts'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { scheduled } from '../support/scheduled.ts'
import { shop } from '../support/shop.ts'

const at = (time: string) => Date.parse(`2020-01-15T${time}:00Z`)

/** Registered at 09:03; the tick of 09:13 fired, three were missed, 09:53 was paused, 10:03 failed. */
async function history(t: TestContext): Promise<string> {
  const folder = shop(t)
  await scheduled(folder, '2020-01-15T09:03:00Z', async ({ clock, decide, memory }) => {
    await decide('report', row(at('09:13'), { lagMs: 3, process: 'host:123', jobId: '57' }))
    const dropped = { first: at('09:23'), count: 3, fate: 'missed', lagMs: 60_000 } as const
    clock.set('2020-01-15T09:50:00Z')
    await memory.setPaused('report', true)
    const skipped = row(at('09:53'), { fate: 'skipped', reason: 'paused' })
    await decide('report', row(at('09:43'), dropped), skipped)
    clock.set('2020-01-15T09:55:00Z')
    await memory.setPaused('report', false)
    await decide('report', row(at('10:03'), { fate: 'failed', reason: 'interrupted' }))
  })
  return folder
}

const span = ['--from', '2020-01-15 09:00', '--to', '2020-01-15T10:15:00Z']

describe('equipage schedule why', { concurrency: true }, () => {
  it('tells the fate of every planned tick, and why', async t => {
    const { text, notes } = await runCommand(await history(t), 'schedule', 'why', 'report', ...span)
    const policy = 'the policy fires the latest misfire alone'
    assert.deepEqual(text.split('\n').slice(2), [
      '2020-01-15 09:13:00+00:00  2020-01-15 09:13:00Z  fired 3ms late by host:123 as job 57',
      `2020-01-15 09:23:00+00:00  2020-01-15 09:23:00Z  missed: it was decided 21m late by host:1, and ${policy}`,
      `2020-01-15 09:33:00+00:00  2020-01-15 09:33:00Z  missed: it was decided 11m late by host:1, and ${policy}`,
      `2020-01-15 09:43:00+00:00  2020-01-15 09:43:00Z  missed: it was decided 1m late by host:1, and ${policy}`,
      '2020-01-15 09:53:00+00:00  2020-01-15 09:53:00Z  skipped: it was paused from 2020-01-15 09:50:00+00:00 to 2020-01-15 09:55:00+00:00',
      '2020-01-15 10:03:00+00:00  2020-01-15 10:03:00Z  failed: interrupted, its process host:1 died',
      `2020-01-15 10:13:00+00:00  2020-01-15 10:13:00Z  pending: not decided yet (no scheduler is running since 2020-01-15 09:03:00+00:00); a scheduler decides it by its misfire policy, and ${policy}`,
    ])
    assert.equal(notes, '')
  })

  it('gives the same as JSON', async t => {
    const told = await jsonOf(await history(t), 'schedule', 'why', 'report', ...span)
    const { ticks, ...head } = told
    assert.deepEqual(head, {
      name: 'report',
      timing: 'every 10 minutes',
      zone: 'UTC',
      from: '2020-01-15T09:00:00.000Z',
      to: '2020-01-15T10:15:00.000Z',
      more: false,
    })
    assert.deepEqual(ticks[0], {
      tick: '2020-01-15T09:13:00.000Z',
      local: '2020-01-15T09:13:00+00:00',
      first: '2020-01-15T09:13:00.000Z',
      count: 1,
      fate: 'fired',
      reason: null,
      error: null,
      misfire: false,
      lagMs: 3,
      process: 'host:123',
      durationMs: null,
      jobId: '57',
      why: 'fired 3ms late by host:123 as job 57',
    })
    assert.deepEqual(
      ticks.map(({ fate }: { fate: string }) => fate),
      ['fired', 'missed', 'missed', 'missed', 'skipped', 'failed', 'pending'],
    )
    assert.deepEqual([ticks[6].lagMs, ticks[6].process], [null, null])
  })

  it('shows the latest where there are more than the limit, and says so', async t => {
    const args = ['why', 'report', ...span, '--limit', '2']
    const folder = await history(t)
    const { text } = await runCommand(folder, 'schedule', ...args)
    assert.match(text, / 10:03:00Z .*\n.* 10:13:00Z .*\n\nthese are the latest 2 from 2020-01-15/)
    assert.doesNotMatch(text, /09:53:00Z/)
    const told = await jsonOf(folder, 'schedule', ...args)
    assert.deepEqual([told.more, told.ticks.length], [true, 2])
  })

  it('tells that no scheduler is running, of a tick that nobody has decided', async t => {
    const folder = shop(t)
    await scheduled(folder, '2020-01-15T09:03:00Z')
    const { ticks } = await jsonOf(folder, 'schedule', 'why', 'report', ...span)
    assert.match(
      ticks[0].why,
      /^pending: not decided yet \(no scheduler is running since 2020-01-15 09:03:00\+00:00\); a scheduler/,
    )
  })

  it('tells when no scheduler was running', async t => {
    const folder = shop(t)
    await scheduled(folder, '2020-01-15T09:03:00Z')
    await scheduled(folder, '2020-01-15T09:40:00Z', async ({ decide }) => {
      await decide('report', row(at('09:13'), { fate: 'missed', lagMs: 1_620_000 }))
    })
    const { ticks } = await jsonOf(folder, 'schedule', 'why', 'report', ...span)
    assert.match(
      ticks[0].why,
      /^missed: no scheduler was running from 2020-01-15 09:03:00\+00:00 to 2020-01-15 09:40:00\+00:00, and/,
    )
  })

  it('begins a day before its end when it is told nothing else', async t => {
    const told = await jsonOf(shop(t), 'schedule', 'why', 'nightly')
    assert.equal(Date.parse(told.to) - Date.parse(told.from), 86_400_000)
    assert.ok(Math.abs(Date.parse(told.to) - Date.now()) < 60_000)
  })

  it('says that nobody has registered the schedule, or this timing of it', async t => {
    const folder = shop(t)
    const night = ['--from', '2020-01-15', '--to', '2020-01-16']
    const { text, notes } = await runCommand(folder, 'schedule', 'why', 'nightly', ...night)
    assert.match(
      text,
      / 03:00:00Z +before registration: no scheduler has registered this timing yet$/,
    )
    assert.match(notes, /^no scheduler has registered "nightly" with this timing$/m)
  })

  it('says that a span holds no tick', async t => {
    const args = ['--from', '2020-01-15 09:04', '--to', '2020-01-15 09:05']
    const { text } = await runCommand(await history(t), 'schedule', 'why', 'report', ...args)
    assert.equal(
      text,
      '"report" has no tick from 2020-01-15 09:04:00+00:00 to 2020-01-15 09:05:00+00:00',
    )
  })

  it('refuses a span that ends before it begins, instants that are none, and an unknown name', async t => {
    const folder = shop(t)
    await assert.rejects(
      runCommand(folder, 'schedule', 'why', 'report', '--from', '1h', '--to', '2h'),
      { code: 'E_BAD_ARGUMENT', message: /^--from: expected an instant that is not after --to, / },
    )
    for (const option of ['--from', '--to']) {
      await assert.rejects(runCommand(folder, 'schedule', 'why', 'report', option, 'monday'), {
        code: 'E_BAD_ARGUMENT',
        message: new RegExp(`^${option}: .*got 'monday'$`),
      })
    }
    await assert.rejects(runCommand(folder, 'schedule', 'why', 'reprot'), {
      code: 'E_UNKNOWN_SCHEDULE',
      message: /did you mean "report"\?$/,
    })
  })

  it('fails with the connection away: nothing is known then', async t => {
    const env = 'LOG_CHANNEL=null\nQUEUE_CONNECTION=redis\nREDIS_PORT=1\n'
    await assert.rejects(runCommand(shop(t, { '.env': env }), 'schedule', 'why', 'report'), {
      code: 'E_CONNECTION_AWAY',
    })
  })
})
