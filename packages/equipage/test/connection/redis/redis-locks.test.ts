import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, test } from 'node:test'
import { Redis } from 'ioredis'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness } from '../conformance/harness.ts'

const server = await startRedis()
// After the test: a worker that is stopped while Redis is away leaves a timer of BullMQ's behind.
after(() => server.stop())

test('a job whose lock was lost has its signal aborted here, and runs again', async t => {
  const reasons: unknown[] = []
  const starts: number[] = []
  const job = defineJob({
    name: 'overlapping',
    async run({ attempt, signal }) {
      starts.push(attempt)
      if (starts.length > 1) return
      await once(signal, 'abort')
      reasons.push(signal.reason)
      throw new Error('let go')
    },
  })
  const { queue, consume, lines } = redisHarness({ host: server.host, port: server.port }, 3_000)(
    t,
    [job],
  )
  await consume(1)
  const { id } = await queue.push(job)
  await eventually(() => assert.equal(starts.length, 1))
  // As when it ran out: the worker's event loop stood still.
  const redis = new Redis(server)
  t.after(() => redis.disconnect())
  const [lock = ''] = await redis.keys(`*:default:${id}:lock`)
  assert.equal(await redis.del(lock), 1)
  await eventually(() => assert.equal(starts.length, 2))
  assert.match(String(reasons[0]), /silent for longer than WORKER_LOCK/)
  // It counted as no attempt, and nothing was handed back by the one that had lost it.
  assert.deepEqual(starts, [1, 1])
  await eventually(async () => assert.equal((await queue.counts())[0]?.completed, 1))
  assert.ok(lines.some(({ msg }) => msg.startsWith('job stalled')))
})
