import assert from 'node:assert/strict'
import { after, suite, type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Queue as BullQueue, Worker as BullWorker } from 'bullmq'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { defineJob, defineQueue } from '../../../../src/job/index.ts'
import { cutProxy } from '../../../support/cut-proxy.ts'
import { eventually } from '../../../support/eventually.ts'
import { startRedis } from '../../../support/redis.ts'
import { redisHarness, redisSettings } from '../../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

const numbers = (count: number) => Array.from({ length: count }, (_, n) => ({ n }))

/** An application whose job says how often each number ran, and a client beside it. */
function world(t: TestContext, where: { host: string; port: number } = server) {
  const settings = redisSettings(where)
  const client = new Redis(server.port, server.host)
  const bull = new BullQueue('default', { connection: { ...server }, prefix: settings.prefix })
  t.after(async () => {
    await bull.close()
    client.disconnect()
  })
  const runs = new Map<number, number>()
  const ran = (n: number) => runs.set(n, (runs.get(n) ?? 0) + 1)
  const note = defineJob({
    name: 'note',
    payload: z.object({ n: z.number(), text: z.string().optional() }),
    run: ({ payload }) => void ran(payload.n),
  })
  const harness = redisHarness(settings)(t, [note])
  const key = (name: string) => `${settings.prefix}:default:${name}`
  return { ...harness, settings, client, bull, runs, ran, note, key }
}

suite('a consumer over Redis', { concurrency: true }, () => {
  test('runs each job once and leaves none, however often its connections are cut before an answer', async t => {
    const proxy = await cutProxy(server)
    t.after(() => proxy.close())
    const { queue, consume, note, runs, bull } = world(t, proxy)
    const count = 1_500
    // Pushed by plain BullMQ, whose connection is not cut.
    await bull.addBulk(numbers(count).map(data => ({ name: note.name, data })))
    await consume(8)
    let cuts = 0
    while (runs.size < count) {
      proxy.cutAfter(1 + ((cuts * 7_919) % 4_000))
      cuts++
      const before = runs.size
      await eventually(() => assert.ok(runs.size > before || runs.size === count))
    }
    await eventually(async () => {
      const { active, waiting, completed } = await bull.getJobCounts()
      assert.deepEqual([active, waiting, completed], [0, 0, 100])
    })
    assert.deepEqual(
      [...runs.values()].filter(times => times !== 1),
      [],
    )
    assert.ok(cuts > 5, `only ${cuts} cuts`)
    await queue.counts().catch(() => undefined)
  })

  test('runs each job once while Redis forgets its scripts again and again', async t => {
    // Its neighbours keep their scripts.
    const own = await startRedis()
    t.after(() => own.stop())
    const client = new Redis(own.port, own.host)
    t.after(() => client.disconnect())
    const { consume, queue, note, runs } = world(t, own)
    await queue.pushMany(note, numbers(800))
    await consume(4)
    while (runs.size < 800) await client.script('FLUSH')
    await eventually(async () => assert.equal((await queue.counts())[0]?.active, 0))
    assert.deepEqual(
      [...runs.values()].filter(times => times !== 1),
      [],
    )
  })

  test('shares a queue with a worker of plain BullMQ: each job runs once, and both run some', async t => {
    const { consume, queue, note, runs, ran, settings } = world(t)
    let theirs = 0
    const worker = new BullWorker(
      'default',
      async ({ data }) => {
        theirs++
        await pause(1)
        ran(data.n)
      },
      { connection: { ...server }, prefix: settings.prefix, concurrency: 5 },
    )
    t.after(() => worker.close())
    await worker.waitUntilReady()
    await consume(5)
    for (let from = 0; from < 1_000; from += 100)
      await queue.pushMany(
        note,
        numbers(100).map(({ n }) => ({ n: from + n })),
      )
    await eventually(() => assert.equal(runs.size, 1_000))
    assert.deepEqual(
      [...runs.values()].filter(times => times !== 1),
      [],
    )
    assert.ok(theirs > 0 && theirs < 1_000, `${theirs} ran there`)
  })

  test('begins a job that stands in line twice once, and passes over one whose hash is gone', async t => {
    const { consume, queue, note, runs, client, key, lines } = world(t)
    await queue.pause('default')
    const [twice, gone, other] = await queue.pushMany(note, numbers(3))
    await client.rpush(key('wait'), twice?.id ?? '')
    await client.del(key(gone?.id ?? ''))
    await queue.resume('default')
    await consume(10)
    await eventually(async () => {
      assert.deepEqual(
        [...runs],
        [
          [0, 1],
          [2, 1],
        ],
      )
      assert.equal(await client.llen(key('wait')), 0)
      assert.equal(await client.llen(key('active')), 0)
    })
    assert.ok(
      lines.some(({ msg, jobId }) => /hash is gone/.test(String(msg)) && jobId === gone?.id),
    )
    assert.equal((await queue.find(other?.id ?? ''))?.state, 'completed')
  })

  test('takes over from a consumer that kept a marker to itself, within a look', async t => {
    const { consume, queue, note, runs, client, key } = world(t)
    await consume(1)
    await queue.push(note, { n: 0 })
    await eventually(() => assert.equal(runs.size, 1))
    // As when the one that it was given to has died: the job is in line, and nobody is told.
    await queue.pause('default')
    await queue.push(note, { n: 1 })
    await client.hdel(key('meta'), 'paused')
    await client.del(key('marker'))
    await eventually(() => assert.equal(runs.size, 2))
  })

  test('runs many large jobs, of which no reply carries all', async t => {
    const { consume, queue, note, runs } = world(t)
    const text = 'x'.repeat(150_000)
    await queue.pushMany(
      note,
      numbers(40).map(({ n }) => ({ n, text })),
    )
    await queue.pushMany(
      note,
      numbers(60).map(({ n }) => ({ n: 100 + n, text: text.slice(0, 50_000) })),
    )
    await consume(50)
    await eventually(() => assert.equal(runs.size, 100))
  })

  test('writes run id and consumer beside a job, another run id each time that it begins', async t => {
    const { settings, client, key } = world(t)
    const tokens: (string | null)[] = []
    const job = defineJob({
      name: 'again',
      attempts: 2,
      backoff: { type: 'fixed', delay: 0 },
      async run({ jobId }) {
        tokens.push(await client.get(key(`${jobId}:lock`)))
        assert.equal(await client.hget(key(jobId), 'equipage:run'), tokens.at(-1))
        if (tokens.length === 1) throw new Error('once more')
      },
    })
    const { queue, consume } = redisHarness(settings)(t, [job])
    await consume(1)
    await queue.push(job)
    await eventually(async () => assert.equal((await queue.counts())[0]?.completed, 1))
    assert.match(
      String(tokens[0]),
      /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    )
    assert.equal(new Set(tokens).size, 2)
    assert.ok(String(tokens[0]) < String(tokens[1]))
  })

  test('begins a job with the end of another, though it waits for a rate limit', async t => {
    const { settings, client } = world(t)
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
    const { queue, consume } = redisHarness(settings)(t, [job])
    await queue.pushMany(job, numbers(3))
    await consume(10)
    await eventually(async () => {
      assert.deepEqual(begun, [0, 1])
      assert.equal(await client.zcard(`${settings.prefix}:api:completed`), 1)
    })
    await client.del(`${settings.prefix}:api:limiter`)
    gate.resolve()
    await eventually(() => assert.deepEqual(begun, [0, 1, 2]))
  })

  test('runs no more jobs at a time than it may, and each of them once', async t => {
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
    const { queue, consume } = redisHarness(server)(t, [job])
    await queue.pushMany(job, Array(200).fill({}))
    await consume(5)
    await eventually(() => assert.ok(runs.length >= 200))
    assert.deepEqual([new Set(runs).size, runs.length], [200, 200])
    assert.equal(most, 5)
  })

  for (const way of ['is stopped', 'has begun as many as it may'])
    test(`leaves nothing taken when it ${way} while many jobs end and begin`, async t => {
      const ran: string[] = []
      const job = defineJob({ name: 'short', run: ({ jobId }) => void ran.push(jobId) })
      const { queue, connection, events } = redisHarness(server)(t, [job])
      const total = 400
      await queue.pushMany(job, Array(total).fill({}))
      const limit = way === 'is stopped' ? undefined : 100
      const consumer = connection.carrier.consume({
        queues: ['default'],
        concurrency: 40,
        ...(limit === undefined ? {} : { limit }),
      })
      const stopped = Promise.withResolvers<unknown>()
      events.on('job:completed', () => {
        if (limit === undefined && ran.length >= 100) stopped.resolve(consumer.stop(20_000))
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
    })
})
