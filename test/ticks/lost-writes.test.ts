import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../../packages/equipage/test/support/eventually.ts'
import { startWatched } from '../../packages/equipage/test/support/sentinel.ts'
import { startAppendingRedis } from './support/append-only-file.ts'
import { eachTickOnce, eachTickOneJob, untilMoreRuns, untilRun } from './support/each-tick-once.ts'
import { tickingApplication } from './support/ticking-application.ts'

/** A worker and two schedulers, which have begun. */
async function running(test: TestContext, env: Record<string, string>) {
  const application = tickingApplication(test)
  application.start(['queues.ts'], env)
  const schedulers = [
    application.start(['scheduler.ts'], env),
    application.start(['scheduler.ts'], env),
  ]
  for (const scheduler of schedulers) await scheduler.said(/scheduler started/)
  await untilMoreRuns(application, 3)
  return {
    application,
    async stop() {
      for (const scheduler of schedulers) scheduler.signal('SIGTERM')
      for (const scheduler of schedulers) assert.equal(await scheduler.ended, 0)
    },
  }
}

suite('when Redis is killed', { concurrency: true }, () => {
  test('and comes back after ten seconds with all that it acknowledged, each tick becomes one job', async t => {
    const redis = await startAppendingRedis(t)
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port) }
    const { application, stop } = await running(t, env)
    await redis.kill()
    await pause(10_000)
    await redis.start()
    await untilRun(application, Date.now() + 2_000)
    await stop()
    await eachTickOneJob(application, application.view(env))
  })

  test('and the last second of its append-only file is lost, no tick is skipped, and only those of that second run again', async t => {
    const redis = await startAppendingRedis(t)
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port) }
    const { application, stop } = await running(t, env)
    await untilMoreRuns(application, 3)
    await redis.kill()
    const lostFrom = redis.cutLastSecond()
    await redis.start()
    await untilRun(application, Date.now() + 3_000)
    await stop()
    const again = await eachTickOnce(application, application.view(env))
    assert.ok(again.size > 0, 'nothing was lost, so nothing is shown')
    t.diagnostic(`${again.size} ticks ran twice`)
    for (const [first] of again.values()) assert.ok(first && first.at >= lostFrom - 1_000)
  })

  test('and a replica that was behind takes its place, no tick is skipped, and only those that it had not copied run again', async t => {
    const watched = await startWatched()
    t.after(() => watched.stop())
    const env = { QUEUE_CONNECTION: 'redis', REDIS_SENTINELS: watched.address }
    const { application, stop } = await running(t, env)
    await eventually(() => watched.settled())
    const heldFrom = Date.now()
    await watched.holdReplicationBack()
    await untilMoreRuns(application, 3)
    await watched.master.kill()
    await untilRun(application, Date.now() + 3_000)
    await stop()
    const again = await eachTickOnce(application, application.view(env))
    assert.ok(again.size > 0, 'nothing was lost, so nothing is shown')
    t.diagnostic(`${again.size} ticks ran twice`)
    for (const [first] of again.values()) assert.ok(first && first.at >= heldFrom - 1_000)
  })
})
