import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { Queue as BullQueue, QueueEvents } from 'bullmq'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { redisConnection } from '../../../src/connection/redis/redis-connection.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { AttemptRunner, defineChain, defineJob, JobRegistry } from '../../../src/job/index.ts'
import { Queue } from '../../../src/queue/index.ts'
import { eventually } from '../../support/eventually.ts'
import { capturedLog } from '../../support/lines.ts'
import { freePort, startRedis } from '../../support/redis.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const server = await startRedis()
after(() => server.stop())

const add = defineJob({
  name: 'add',
  attempts: 2,
  payload: z.object({ a: z.number(), b: z.number() }),
  run: ({ payload }) => ({ sum: payload.a + payload.b }),
})
const fail = defineJob({
  name: 'fail',
  attempts: 5,
  backoff: { type: 'fixed', delay: 0 },
  run: () => Promise.reject(new Error('as ever')),
})
const sums = defineChain({ name: 'sums', start: add }).andThen(add, ({ sum }) => ({ a: sum, b: 1 }))
const keep = { ageMs: 60_000, count: 5 }

/** An application's parts over a Redis server, under a prefix of its own. */
function world(at: { host: string; port: number } = server) {
  const prefix = `test-${randomUUID()}`
  const registry = new JobRegistry()
  registry.add(add, 'test')
  registry.add(fail, 'test')
  registry.add(sums, 'test')
  const { log, lines } = capturedLog()
  const settings = {
    url: null,
    db: 0,
    username: null,
    password: null,
    prefix,
    host: at.host,
    port: at.port,
  }
  const runner = new AttemptRunner({
    jobs: async () => registry,
    app: null,
    log,
    clock: systemClock,
    random: () => 0,
    ready: async () => undefined,
    push: job => connection.carrier.push(job),
    groups: async () => connection.groups,
    pushChild: () => Promise.reject(new Error('no job of these tests pushes')),
  })
  const connection = redisConnection(
    { ...settings, keep: { completed: keep, failed: keep }, ledger: keep },
    { run: attempt => runner.run(attempt), log, clock: systemClock },
  )
  const queue = new Queue({
    carrier: async () => connection.carrier,
    admin: async () => connection.admin,
    clock: systemClock,
    registry: async () => registry,
  })
  const consumer = connection.carrier.consume({ queues: ['default'], concurrency: 5 })
  const bull = () => new BullQueue('default', { connection: at, prefix })
  return {
    prefix,
    queue,
    connection,
    consumer,
    lines,
    bull,
    [Symbol.asyncDispose]: async () => {
      await consumer.stop(0)
      await connection.stop(0)
    },
  }
}

suite('the redis connection', { concurrency: true }, () => {
  test("writes the payload alone as a job's data; what the framework adds stands in its options", async () => {
    await using app = world()
    const bull = app.bull()
    const { id } = await app.queue.push(sums, { a: 1, b: 2 }, { priority: 4 })
    const job = await bull.getJob(id)
    assert.deepEqual(job?.data, { a: 1, b: 2 })
    assert.equal(job?.name, 'add')
    assert.equal(job?.opts.priority, 4)
    assert.equal(job?.opts.attempts, 2)
    const { equipage } = (job?.opts ?? {}) as { equipage?: { chain?: { name: string } } }
    assert.equal(equipage?.chain?.name, 'sums')
    await bull.close()
  })

  test('runs a job that plain BullMQ added, and plain BullMQ reads its result', async () => {
    await using app = world()
    const bull = app.bull()
    const events = new QueueEvents('default', { connection: server, prefix: app.prefix })
    await events.waitUntilReady()
    const job = await bull.add('add', { a: 20, b: 22 })
    await app.consumer.start()
    assert.deepEqual(await job.waitUntilFinished(events), { sum: 42 })
    await Promise.all([bull.close(), events.close()])
  })

  test('a job that plain BullMQ added with a wrong payload, or a forged stamp, fails or runs, and takes nothing with it', async () => {
    await using app = world()
    const bull = app.bull()
    const metadata = { chain: { name: '../x', id: 7, link: -1 }, tick: 'now' }
    const forged: object = { equipage: metadata }
    const poisoned = JSON.parse('{"a": 1, "b": 1, "__proto__": {"polluted": true}}')
    const [wrong, poison] = [
      await bull.add('add', { a: '1', b: 1 }),
      await bull.add('add', poisoned),
    ]
    const right = await bull.add('add', { a: 1, b: 1 }, forged)
    await app.consumer.start()
    await eventually(async () => {
      assert.equal(await right.getState(), 'completed')
      for (const job of [wrong, poison]) assert.equal(await job.getState(), 'failed')
    })
    for (const [job, field] of [
      [wrong, /job "add" does not accept its payload: payload\.a/],
      [poison, /job "add" does not accept its payload: payload\.__proto__/],
    ] as const) {
      assert.match((await bull.getJob(job.id ?? ''))?.failedReason ?? '', field)
    }
    assert.equal(({} as { polluted?: boolean }).polluted, undefined)
    await bull.close()
  })

  test('attempts that are no number count as one, in the log as in the queue', async () => {
    await using app = world()
    const bull = app.bull()
    const attempts = ['x', 2.5, -1, {}, null]
    const jobs = await Promise.all(
      attempts.map(given => bull.add('fail', {}, { attempts: given as number })),
    )
    await app.consumer.start()
    await eventually(async () => {
      for (const job of jobs) assert.equal(await job.getState(), 'failed')
    })
    const failed = app.lines.filter(({ msg }) => msg === 'job failed')
    assert.equal(failed.length, attempts.length)
    assert.ok(!app.lines.some(({ msg }) => /retried/.test(msg)))
    await bull.close()
  })

  test('a job of an unknown name goes back to wait for a newer release', async () => {
    await using app = world()
    const bull = app.bull()
    // Pushed an hour ago: the ten minutes begin with the first look, however long the queue was.
    const job = await bull.add('from.tomorrow', {}, { timestamp: Date.now() - 3_600_000 })
    await app.consumer.start()
    await eventually(async () => assert.equal(await job.getState(), 'delayed'))
    assert.equal((await bull.getJob(job.id ?? ''))?.attemptsMade, 0)
    assert.ok(app.lines.some(({ msg }) => /no job of that name in this deployment/.test(msg)))
    await bull.close()
  })

  test('pushes of the same turn travel together', async t => {
    const own = await startRedis()
    t.after(() => own.stop())
    await using app = world(own)
    const observer = new Redis(own.port, own.host)
    // The first push connects, and loads the script.
    await app.queue.push(add, { a: 0, b: 0 })
    const before = await readsOf(observer)
    await Promise.all(Array.from({ length: 100 }, (_, b) => app.queue.push(add, { a: 1, b })))
    const reads = (await readsOf(observer)) - before
    assert.equal((await app.queue.counts())[0]?.waiting, 101)
    assert.ok(reads < 20, `Redis read ${reads} times for 100 pushes`)
    observer.disconnect()
  })

  test('keeps finished jobs within the configured count', async () => {
    await using app = world()
    await app.consumer.start()
    await app.queue.pushMany(
      add,
      Array.from({ length: 30 }, (_, b) => ({ a: 1, b })),
    )
    await eventually(async () => {
      const [counts] = await app.queue.counts()
      assert.deepEqual([counts?.waiting, counts?.active, counts?.completed], [0, 0, keep.count])
    })
  })

  test('the delay that a job was pushed with is no waiting', async () => {
    await using app = world()
    const bull = app.bull()
    const hourAgo = Date.now() - 3_600_000
    const long = { timestamp: hourAgo, delay: 3_595_000 }
    const delayed = await bull.add('add', { a: 1, b: 1 }, long)
    await delayed.promote()
    const waitedMs = async () =>
      (await app.connection.carrier.waits(['default']))[0]?.longestMs ?? 0
    assert.ok((await waitedMs()) < 1_800_000)
    await bull.add('add', { a: 1, b: 1 }, { timestamp: hourAgo, priority: 3 })
    assert.ok((await waitedMs()) >= 3_600_000)
    await bull.close()
  })

  test('a job that plain BullMQ added is kept as its own options say', async () => {
    await using app = world()
    const bull = app.bull()
    const events = new QueueEvents('default', { connection: server, prefix: app.prefix })
    await events.waitUntilReady()
    const job = await bull.add('add', { a: 1, b: 1 }, { removeOnComplete: true })
    await app.consumer.start()
    await job.waitUntilFinished(events)
    assert.equal(await bull.getJob(job.id ?? ''), undefined)
    await Promise.all([bull.close(), events.close()])
  })

  test('a push fails at once, with the address, while Redis is away, and works when it is back', async t => {
    const port = await freePort()
    const away = await startRedis({ port, started: false })
    t.after(() => away.stop())
    await using app = world(away)
    for (let tries = 0; tries < 2; tries++) {
      await assert.rejects(app.queue.push(add, { a: 1, b: 1 }), error => {
        assert.match(String(error), new RegExp(`Redis does not answer at 127\\.0\\.0\\.1:${port}`))
        return true
      })
    }
    await away.start()
    await eventually(async () =>
      assert.equal((await app.queue.push(add, { a: 1, b: 1 })).state, 'waiting'),
    )
    await away.kill()
    await eventually(() =>
      assert.rejects(app.queue.push(add, { a: 2, b: 2 }), { code: 'E_CONNECTION_AWAY' }),
    )
  })

  test('jobs that were taken before Redis went away are run when it is back', async t => {
    const kept = ['--dir', temporaryFolder(t), '--appendonly', 'yes', '--appendfsync', 'always']
    const lasting = await startRedis({ args: kept })
    t.after(() => lasting.stop())
    await using app = world(lasting)
    await app.queue.pushMany(
      add,
      Array.from({ length: 20 }, (_, b) => ({ a: 1, b })),
    )
    await lasting.kill()
    await app.consumer.start()
    await lasting.start()
    await eventually(() => {
      assert.equal(app.lines.filter(({ msg }) => msg === 'job completed').length, 20)
    })
  })
})

/** How often the server has read from its clients. */
async function readsOf(observer: Redis): Promise<number> {
  return Number(/total_reads_processed:(\d+)/.exec(await observer.info('stats'))?.[1])
}
