import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { startRedis } from '../../packages/equipage/test/support/redis.ts'
import { seeded } from './support/chance.ts'
import { startCrowd } from './support/crowd.ts'
import { eachTickOneJob, untilMoreRuns, untilRun } from './support/each-tick-once.ts'
import { tickingApplication } from './support/ticking-application.ts'

/** Beside `steady` one that is so dense that kills fall into the midst of its claims. */
const denseScheduler = `
  import { EquipageScheduler } from 'equipage'
  import { note } from './jobs/note.ts'
  export class Scheduler extends EquipageScheduler {
    override register() {
      this.schedule.every(1).second.name('steady').misfire('all').push(note)
      this.schedule.every(50).milliseconds.name('dense').misfire('all').push(note)
    }
  }
`

suite('each tick becomes one job', { concurrency: true }, () => {
  test('for a minute of five schedulers with clocks that differ, one of them killed every second', async t => {
    const redis = await startRedis()
    t.after(() => redis.stop())
    const application = tickingApplication(t)
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port) }
    application.start(['queues.ts'], env)
    const starts = [-2_000, -700, 0, 1_100, 2_000].map(
      skewMs => () => application.start(['scheduler.ts'], { ...env, SKEW_MS: String(skewMs) }),
    )
    const crowd = startCrowd(starts, { everyMs: 1_000, chance: seeded(1) })
    await untilMoreRuns(application, 1)
    await crowd.churn(60)
    await untilRun(application, Date.now())
    assert.deepEqual(await crowd.stop(), [0, 0, 0, 0, 0])
    await eachTickOneJob(application, application.view(env))
  })

  test('while one of two schedulers hangs for twenty seconds and goes on afterwards', async t => {
    const redis = await startRedis()
    t.after(() => redis.stop())
    const application = tickingApplication(t)
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port) }
    application.start(['queues.ts'], env)
    const hanging = application.start(['scheduler.ts'], env)
    await untilMoreRuns(application, 2)
    const other = application.start(['scheduler.ts'], env)
    await other.said(/scheduler started/)
    hanging.signal('SIGSTOP')
    await pause(20_000)
    await untilRun(application, Date.now())
    hanging.signal('SIGCONT')
    await untilMoreRuns(application, 3)
    // The one that hung is on its own now.
    other.signal('SIGKILL')
    await other.ended
    await untilRun(application, Date.now() + 3_000)
    hanging.signal('SIGTERM')
    assert.equal(await hanging.ended, 0)
    await eachTickOneJob(application, application.view(env))
  })

  test('under sync, of two schedulers on one state file, one of them killed every second', async t => {
    const application = tickingApplication(t)
    application.write('app/scheduler.ts', denseScheduler)
    const start = () => application.start(['scheduler.ts'], { SCHEDULER_LEDGER_COUNT: '100000' })
    const crowd = startCrowd([start, start], { everyMs: 1_000, chance: seeded(2) })
    await untilMoreRuns(application, 1)
    await crowd.churn(20)
    await untilRun(application, Date.now())
    assert.deepEqual(await crowd.stop(), [0, 0])
    // What a killed process left half done is taken up once its lease is over.
    application.start(['queues.ts'])
    const view = application.view({})
    await eachTickOneJob(application, view)
    await eachTickOneJob(application, view, { schedule: 'dense', stepMs: 50 })
  })
})
