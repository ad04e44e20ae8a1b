import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness } from '../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

const timers = () => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

test('a consumer that is stopped while Redis hangs leaves nothing behind that keeps its process alive', async t => {
  const before = timers()
  let ran = 0
  const job = defineJob({ name: 'quick', run: () => void ran++ })
  const { queue, connection } = redisHarness({ host: server.host, port: server.port })(t, [job])
  const consumer = connection.carrier.consume({ queues: ['default'], concurrency: 3 })
  await consumer.start()
  await queue.push(job)
  await eventually(() => assert.equal(ran, 1))
  server.signal('SIGSTOP')
  t.after(() => server.signal('SIGCONT'))
  await consumer.stop(0)
  await connection.stop(0)
  await eventually(() => assert.ok(timers() <= before, `${timers()} timers, ${before} before`))
})
