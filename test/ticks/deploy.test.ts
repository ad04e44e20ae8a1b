import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startRedis } from '../../packages/equipage/test/support/redis.ts'
import { eachTickOneJob, ledgerOf, untilMoreRuns, untilRun } from './support/each-tick-once.ts'
import { tickingApplication } from './support/ticking-application.ts'

/** `steady` is the same in both releases, `changed` is not, and `added` is in the new one alone. */
const scheduler = `
  import { EquipageScheduler } from 'equipage'
  import { note, noteRelease } from './jobs/note.ts'
  const release = process.env['RELEASE'] ?? ''
  export class Scheduler extends EquipageScheduler {
    override register() {
      this.schedule.every(1).second.name('steady').misfire('all').push(note)
      const seconds = release === 'old' ? this.schedule.every(1).second : this.schedule.every(2).seconds
      seconds.name('changed').misfire('all').push(noteRelease, { release })
      if (release === 'new') this.schedule.every(1).second.name('added').push(noteRelease, { release })
    }
  }
`

test('in a deploy one release at a time fires what has changed, what has not goes on without a gap, and an old process that is started again stands down', async t => {
  const redis = await startRedis()
  t.after(() => redis.stop())
  const application = tickingApplication(t)
  application.write('app/scheduler.ts', scheduler)
  const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port) }
  application.start(['queues.ts'], env)
  const start = async (release: string) => {
    const process = application.start(['scheduler.ts'], { ...env, RELEASE: release })
    await process.said(/scheduler started/)
    return process
  }
  const released = (release: string) =>
    application.runs('changed').filter(run => run.release === release)

  const first = await start('old')
  const second = await start('old')
  await untilMoreRuns(application, 3, 'changed')
  const anew = await start('new')
  await untilMoreRuns(application, 2, 'added')
  await untilMoreRuns(application, 1, 'changed')
  const before = released('old').length
  assert.ok(before >= 3)
  await untilMoreRuns(application, 4)

  first.signal('SIGKILL')
  await first.ended
  const again = await start('old')
  await untilMoreRuns(application, 2, 'changed')

  // The new one hangs: the old ones go on with what both have, and with nothing else.
  anew.signal('SIGSTOP')
  second.signal('SIGKILL')
  await second.ended
  await untilRun(application, Date.now() + 3_000)
  anew.signal('SIGCONT')
  await untilRun(application, Date.now() + 1_000, 'changed')

  for (const process of [again, anew]) process.signal('SIGTERM')
  for (const process of [again, anew]) assert.equal(await process.ended, 0)

  const view = application.view(env)
  await eachTickOneJob(application, view)
  assert.equal(released('old').length, before, 'the old release fired what has changed')
  const [olds, news] = [released('old'), released('new')]
  for (const { tick } of olds) assert.ok(news.every(run => run.tick > tick))
  for (const [runs, stepMs] of [
    [olds, 1_000],
    [news, 2_000],
  ] as const) {
    const ticks = runs.map(({ tick }) => tick).sort((a, b) => a - b)
    for (const [index, tick] of ticks.slice(1).entries())
      assert.equal(tick - (ticks[index] ?? 0), stepMs)
  }
  const rows = await ledgerOf(view, 'changed')
  assert.deepEqual(
    rows.filter(({ fate }) => fate === 'fired').map(({ tick }) => tick),
    [...olds, ...news].map(({ tick }) => tick).sort((a, b) => a - b),
  )
})
