import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { after, suite, type TestContext, test } from 'node:test'
import { Queue as BullQueue, WaitingError } from 'bullmq'
import { Redis } from 'ioredis'
import { z } from 'zod'
import {
  BullWorker,
  type BullWorkerDependencies,
} from '../../../src/connection/redis/consuming/bull-worker.ts'
import { finishingBackend } from '../../../src/connection/redis/consuming/finishing-backend.ts'
import { defineJob, defineQueue } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness } from '../conformance/harness.ts'

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

  test('begins a job that another one took with its end, though it waits for a rate limit', async t => {
    const prefix = `test-${randomUUID()}`
    const redis = new Redis(server.port, server.host)
    t.after(() => redis.disconnect())
    const gate = Promise.withResolvers<void>()
    const begun: number[] = []
    const job = defineJob({
      name: 'call',
      queue: defineQueue({ name: 'api', rateLimit: { max: 2, per: '10m' } }),
      payload: z.object({ n: z.int() }),
      run: async ({ payload: { n } }) => {
        begun.push(n)
        if (n === 0) await gate.promise
      },
    })
    const { queue, consume } = redisHarness({ ...server, prefix })(t, [job])
    await queue.pushMany(job, [{ n: 0 }, { n: 1 }, { n: 2 }])
    await consume(10)
    await eventually(async () => {
      assert.deepEqual(begun, [0, 1])
      assert.equal(await redis.zcard(`${prefix}:api:completed`), 1)
    })
    // In Redis the limit is over; the worker looks again after half a minute.
    await redis.del(`${prefix}:api:limiter`)
    gate.resolve()
    await eventually(() => assert.deepEqual(begun, [0, 1, 2]), 20_000)
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
    const { bull, gate, open } = plainly(t)
    let starts = 0
    const worker = open(async (job, token = '') => {
      starts++
      if (starts > 1) return gate()
      await job.moveToWait(token)
      throw new WaitingError()
    })
    const { id } = await bull.add('going back', {})
    await eventually(() => assert.equal(starts, 2))
    await locksRenewed(worker, id)
  })

  test('keeps the lock of a job that it has lost and runs again, when the first run ends', async t => {
    const { bull, redis, gate, open, key } = plainly(t)
    const first = Promise.withResolvers<void>()
    let starts = 0
    const worker = open(() => (++starts === 1 ? first.promise : gate()))
    const { id = '' } = await bull.add('lost', {})
    await eventually(() => assert.equal(starts, 1))
    // As when its lock had run out, and somebody looked after stalled jobs.
    await redis
      .multi()
      .del(key(`${id}:lock`))
      .lrem(key('active'), 1, id)
      .lpush(key('wait'), id)
      .zadd(key('marker'), 0, '0')
      .exec()
    await eventually(() => assert.equal(starts, 2))
    const failed = once(worker, 'error')
    first.resolve()
    await failed
    await locksRenewed(worker, id)
  })
})

/** A queue of plain BullMQ, and workers of ours on it that renew their locks again and again. */
function plainly(t: TestContext) {
  const prefix = `test-${randomUUID()}`
  const bull = new BullQueue('default', { connection: server, prefix })
  const redis = new Redis(server.port, server.host, { maxRetriesPerRequest: null })
  const workers: BullWorker[] = []
  const end = Promise.withResolvers<void>()
  t.after(async () => {
    end.resolve()
    await Promise.all(workers.map(worker => worker.close()))
    await bull.close()
    redis.disconnect()
  })
  return {
    bull,
    redis,
    key: (name: string) => `${prefix}:default:${name}`,
    /** Resolves when the test is over. */
    gate: () => end.promise,
    open(process: BullWorkerDependencies['process']) {
      const worker = new BullWorker(
        'default',
        { process, beforeFailing: async () => undefined, backend: finishingBackend },
        { connection: redis, prefix, concurrency: 2, lockDuration: 30_000, lockRenewTime: 100 },
      )
      worker.on('error', () => undefined)
      workers.push(worker)
      return worker
    },
  }
}

/** That the lock of a job is renewed from now on. */
async function locksRenewed(worker: BullWorker, id: string | undefined): Promise<void> {
  for (let times = 0; times < 3; times++) {
    const renewed = new Set<string>()
    worker.once('locksRenewed', ({ jobIds }) => jobIds.forEach(each => void renewed.add(each)))
    await eventually(() => assert.deepEqual(renewed, new Set([id])))
  }
}
