import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, describe, it, type TestContext } from 'node:test'
import { startRedis } from '../../support/redis.ts'
import { row } from '../support/ledger-rows.ts'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { scheduled } from '../support/scheduled.ts'
import { shop } from '../support/shop.ts'

const server = await startRedis()
after(() => server.stop())

/** An application over Redis, under a key prefix of the test's own. */
function overRedis(t: TestContext): string {
  const env = [
    'LOG_CHANNEL=null',
    'SCHEDULER_TIMEZONE=UTC',
    'QUEUE_CONNECTION=redis',
    `REDIS_PORT=${server.port}`,
    `REDIS_PREFIX=test-${randomUUID()}`,
  ]
  return shop(t, { '.env': `${env.join('\n')}\n` })
}

const now = new Date().toISOString()
const tenMinutes = 600_000

describe('the commands of schedules over Redis', { concurrency: true }, () => {
  it('register, list, pause and resume', async t => {
    const folder = overRedis(t)
    const changes = await jsonOf(folder, 'schedule', 'sync')
    assert.deepEqual(
      changes.map(({ name, change }: Record<string, string>) => [name, change]),
      [
        ['report', 'add'],
        ['nightly', 'add'],
      ],
    )
    assert.equal((await runCommand(folder, 'schedule', 'pause', 'nightly')).text, 'nightly: paused')
    const [report, nightly] = await jsonOf(folder, 'schedule', 'list')
    assert.deepEqual(
      [report.registered, report.paused, nightly.registered, nightly.paused],
      [true, false, true, true],
    )
    assert.match(
      (await runCommand(folder, 'schedule', 'resume', 'nightly')).text,
      /^nightly: goes on; it was paused since \d{4}-/,
    )
    const left = await jsonOf(folder, 'schedule', 'sync', '--dry-run')
    assert.deepEqual(
      left.map(({ change }: { change: string }) => change),
      ['leave', 'leave'],
    )
  })

  it('say why: from the rows, and of the ticks without one', async t => {
    const folder = overRedis(t)
    let anchor = 0
    await scheduled(folder, now, async ({ memory, decide }) => {
      anchor = (await memory.stored(['report']))[0]?.anchor ?? 0
      const [first, second, fourth] = [1, 2, 4].map(n => anchor + n * tenMinutes)
      if (!first || !second || !fourth) throw new Error('no ticks')
      await decide('report', row(first, { lagMs: 3 }))
      await decide('report', row(fourth, { first: second, count: 3, fate: 'missed' }))
    })
    const to = new Date(anchor + 5 * tenMinutes).toISOString()
    const { ticks } = await jsonOf(folder, 'schedule', 'why', 'report', '--to', to)
    assert.deepEqual(
      ticks.map(({ tick, fate }: Record<string, string>) => [
        (Date.parse(tick ?? '') - anchor) / tenMinutes,
        fate,
      ]),
      [
        [1, 'fired'],
        [2, 'missed'],
        [3, 'missed'],
        [4, 'missed'],
        [5, 'pending'],
      ],
    )
    const [report] = await jsonOf(folder, 'schedule', 'list')
    assert.equal(report.last.count, 3)
    assert.equal(Date.parse(report.nextUtc), anchor + 5 * tenMinutes)
  })

  it('run a schedule by hand: its job waits for a worker', async t => {
    const told = await jsonOf(overRedis(t), 'schedule', 'run', 'report')
    assert.deepEqual([told.state, told.job.queue], ['waiting', 'reports'])
  })
})
