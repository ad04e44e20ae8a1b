import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { Queue as BullQueue, WaitingError } from 'bullmq'
import { Redis } from 'ioredis'
import { BullWorker } from '../../src/connection/redis/bull-worker.ts'
import { finishingBackend } from '../../src/connection/redis/finishing-backend.ts'
import { defineJob } from '../../src/job/index.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis } from '../support/redis.ts'
import { redisHarness } from './harness.ts'

const server = await startRedis()
after(() => server.stop())

suite('a worker over Redis', { concurrency: true }, () => {
  test('begins a job before it asks for one more', async t => {
    const prefix = `test-${randomUUID()}`
    const redis = new Redis(server.port, server.host)
    t.after(() => redis.disconnect())
    await redis.ping()
    const taken: Promise<number>[] = []
    const job = defineJob({
      name: 'first',
      run: () => void taken.push(redis.llen(`${prefix}:default:active`)),
    })
    const { queue, consume } = redisHarness({ ...server, prefix })(t, [job])
    await queue.pushMany(
      job,
      Array.from({ length: 100 }, () => ({})),
    )
    await consume(100)
    await eventually(() => assert.equal(taken.length, 100))
    // BullMQ's own begins the first one when it has taken all that it has places for.
    const [first = 0] = await Promise.all(taken)
    assert.ok(first <= 10, `${first} jobs were taken when the first one began`)
  })

  test('runs no more jobs at a time than it may, and each of them once', async t => {
    const prefix = `test-${randomUUID()}`
    let running = 0
    let most = 0
    const runs: string[] = []
    const job = defineJob({
      name: 'short',
      async run({ jobId }) {
        running++
        most = Math.max(most, running)
        await new Promise(resolve => setImmediate(resolve))
        running--
        runs.push(jobId)
      },
    })
    const { queue, consume } = redisHarness({ ...server, prefix })(t, [job])
    await queue.pushMany(
      job,
      Array.from({ length: 200 }, () => ({})),
    )
    await consume(5)
    await eventually(() => assert.ok(runs.length >= 200))
    assert.deepEqual([new Set(runs).size, runs.length], [200, 200])
    assert.ok(most <= 5, `${most} jobs ran at a time`)
  })

  for (const way of ['is stopped', 'has begun as many as it may'])
    test(`leaves nothing taken when it ${way} while many jobs end and begin`, async t => {
      const prefix = `test-${randomUUID()}`
      const redis = new Redis(server.port, server.host)
      t.after(() => redis.disconnect())
      const ran: string[] = []
      const job = defineJob({ name: 'short', run: ({ jobId }) => void ran.push(jobId) })
      const { queue, connection, events } = redisHarness({ ...server, prefix })(t, [job])
      const total = 400
      await queue.pushMany(
        job,
        Array.from({ length: total }, () => ({})),
      )
      const limit = way === 'is stopped' ? undefined : 100
      const consumer = connection.carrier.consume({
        queues: ['default'],
        concurrency: 40,
        ...(limit === undefined ? {} : { limit }),
      })
      const stopped = Promise.withResolvers<unknown>()
      events.on('job:completed', () => {
        if (limit === undefined && ran.length === 100) stopped.resolve(consumer.stop(20_000))
      })
      await consumer.start()
      if (limit !== undefined) stopped.resolve(consumer.finished.then(() => consumer.stop(0)))
      assert.deepEqual(await stopped.promise, { handedBack: 0 })
      assert.equal(new Set(ran).size, ran.length)
      if (limit !== undefined) assert.equal(ran.length, limit)
      const [counts] = await queue.counts(['default'])
      assert.deepEqual(
        [counts?.active, counts?.waiting, counts?.failed],
        [0, total - ran.length, 0],
      )
      assert.deepEqual(await redis.keys(`${prefix}:default:*:lock`), [])
    })

  test('keeps the lock of a job that goes back and that it takes again at once', async t => {
    const prefix = `test-${randomUUID()}`
    const bull = new BullQueue('default', { connection: server, prefix })
    const redis = new Redis(server.port, server.host, { maxRetriesPerRequest: null })
    const gate = Promise.withResolvers<void>()
    let starts = 0
    const worker = new BullWorker(
      'default',
      {
        async process(job, token = '') {
          starts++
          if (starts > 1) return gate.promise
          await job.moveToWait(token)
          throw new WaitingError()
        },
        beforeFailing: async () => undefined,
        backend: finishingBackend,
      },
      { connection: redis, prefix, lockDuration: 30_000, lockRenewTime: 100 },
    )
    t.after(async () => {
      gate.resolve()
      await worker.close()
      await bull.close()
      redis.disconnect()
    })
    const renewed: string[] = []
    worker.on('locksRenewed', ({ jobIds }) => renewed.push(...jobIds))
    const { id } = await bull.add('going back', {})
    await eventually(() => assert.equal(starts, 2))
    renewed.length = 0
    await eventually(() => assert.deepEqual(new Set(renewed), new Set([id])))
  })
})
