import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startRedis } from '../../packages/equipage/test/support/redis.ts'
import { eachTickOneJob, untilMoreRuns } from './support/each-tick-once.ts'
import { tickingApplication } from './support/ticking-application.ts'

test("with one scheduler ten minutes ahead and one ten minutes behind, each tick becomes one job, at its time by Redis's clock", async t => {
  const redis = await startRedis()
  t.after(() => redis.stop())
  const application = tickingApplication(t)
  const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port) }
  application.start(['queues.ts'], env)
  const start = (skewMs: number) =>
    application.start(['scheduler.ts'], { ...env, SKEW_MS: String(skewMs) })
  const ahead = start(600_000)
  await untilMoreRuns(application, 4)
  const behind = start(-600_000)
  await behind.said(/scheduler started/)
  await untilMoreRuns(application, 4)
  ahead.signal('SIGKILL')
  await ahead.ended
  await untilMoreRuns(application, 4)
  const again = start(600_000)
  await again.said(/scheduler started/)
  await untilMoreRuns(application, 2)
  behind.signal('SIGTERM')
  assert.equal(await behind.ended, 0)
  await untilMoreRuns(application, 4)
  again.signal('SIGTERM')
  assert.equal(await again.ended, 0)
  await eachTickOneJob(application, application.view(env))
  // Redis runs on this machine: its clock is the one that runs are written down by.
  for (const { tick, at } of application.runs()) assert.ok(at >= tick - 50, `${at} before ${tick}`)
})
