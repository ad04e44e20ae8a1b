import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, type TestContext, test } from 'node:test'
import { Queue as BullQueue } from 'bullmq'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { scheduleKeys } from '../../../src/connection/redis/pushing/schedule-keys.ts'
import { isEquipageError } from '../../../src/core/errors.ts'
import { defineJob, defineQueue } from '../../../src/job/index.ts'
import { cutProxy } from '../../support/cut-proxy.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness } from '../conformance/harness.ts'
import {
  hourly,
  nightly,
  prepared,
  pushing,
  register,
  rowsOf,
} from '../conformance/tick-support.ts'

const server = await startRedis()
after(() => server.stop())

const numbered = z.object({ n: z.int() })

/** What plain clients see of the keys of one test. */
function looking(t: TestContext) {
  const prefix = `test-${randomUUID()}`
  const client = new Redis(server.port, server.host)
  const bull = new BullQueue('default', { connection: server, prefix })
  t.after(async () => {
    client.disconnect()
    await bull.close()
  })
  return { prefix, client, bull }
}

suite('pushes over redis', { concurrency: true }, () => {
  test('a push that Redis refuses fails alone, and its neighbours of the same turn do not', async t => {
    const { prefix, client } = looking(t)
    const broken = defineJob({ name: 'broken', queue: 'broken', run: () => 1 })
    const sound = defineJob({ name: 'sound', payload: numbered, run: () => 1 })
    const { queue } = redisHarness({ ...server, prefix })(t, [broken, sound])
    await client.set(`${prefix}:broken:wait`, 'not a list')
    const refused = assert.rejects(queue.push(broken), {
      code: 'E_CONNECTION_REPLY',
      message: /WRONGTYPE/,
    })
    const pushes = [1, 2, 3].map(n => queue.push(sound, { n }))
    const unique = queue.push(sound, { n: 4 }, { unique: 'key' })
    await refused
    for (const receipt of await Promise.all([...pushes, unique]))
      assert.equal(receipt.state, 'waiting')
    assert.equal((await queue.counts(['default']))[0]?.waiting, 4)
  })

  test('a claim whose ledger is broken fails alone, and its neighbours of the same turn do not', async t => {
    const { prefix, client } = looking(t)
    const job = defineJob({ name: 'plain', run: () => 1 })
    const harness = redisHarness({ ...server, prefix })(t, [job])
    const { ticks } = harness.connection
    const registrations = await register(harness, [nightly, hourly])
    await client.set(scheduleKeys(prefix).ledger('nightly'), 'not a sorted set')
    const claims = [nightly, hourly].map(async (entry, index) => {
      const registration = registrations[index]
      const cursor = registration?.outcome === 'registered' ? registration.cursor : 0
      return pushing(entry, cursor, cursor + 1_000, await prepared(harness, job))
    })
    const [broken, sound] = await Promise.allSettled(
      (await Promise.all(claims)).map(claim => ticks.claim(claim)),
    )
    assert.ok(broken?.status === 'rejected')
    assert.ok(isEquipageError(broken.reason, 'E_CONNECTION_REPLY'))
    assert.match(broken.reason.message, /WRONGTYPE/)
    assert.ok(sound?.status === 'fulfilled' && sound.value.outcome === 'claimed')
    assert.equal((await rowsOf(harness, 'hourly')).length, 1)
  })

  test('when the connection breaks in the middle of the answers, each push of the turn has its own end', async t => {
    const { prefix, bull } = looking(t)
    const job = defineJob({ name: 'cut', payload: numbered, run: () => 1 })
    const proxy = await cutProxy(server)
    t.after(() => proxy.close())
    const { queue } = redisHarness({ host: proxy.host, port: proxy.port, prefix })(t, [job])
    await queue.push(job, { n: 0 })
    proxy.cutAfter(60)
    // Each has a key, so that each is a command of its own.
    const ends = await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => queue.push(job, { n: n + 1 }, { unique: `${n}` })),
    )
    const taken = ends.flatMap(end => (end.status === 'fulfilled' ? [end.value.id] : []))
    const lost = ends.flatMap(end => (end.status === 'rejected' ? [end.reason] : []))
    assert.ok(taken.length > 0 && lost.length > 0, `${taken.length} taken, ${lost.length} lost`)
    for (const error of lost) assert.equal(error.code, 'E_CONNECTION_AWAY')
    // What a receipt says is there, under the id that it gave to this push and no other.
    for (const [index, end] of ends.entries()) {
      if (end.status !== 'fulfilled') continue
      assert.deepEqual((await bull.getJob(end.value.id))?.data, { n: index + 1 })
    }
    await eventually(() => queue.push(job, { n: 99 }))
  })

  test("a unique key is BullMQ's deduplication, and gone when the job has ended", async t => {
    const { prefix, client, bull } = looking(t)
    const job = defineJob({ name: 'only', unique: { key: () => 'one' }, run: () => 1 })
    const harness = redisHarness({ ...server, prefix })(t, [job])
    const { id } = await harness.queue.push(job)
    assert.equal(await bull.getDeduplicationJobId('only:one'), id)
    await harness.consume()
    await eventually(async () => assert.equal(await bull.getDeduplicationJobId('only:one'), null))
    const stored = await bull.getJob(id)
    assert.deepEqual(stored?.data, {})
    assert.deepEqual(await client.keys(`${prefix}:default:equipage:for:*`), [])
  })

  test('a key whose job is gone without a trace is taken over', async t => {
    const { prefix, client } = looking(t)
    const job = defineJob({ name: 'only', unique: { key: () => 'one' }, run: () => 1 })
    const { queue } = redisHarness({ ...server, prefix })(t, [job])
    await client.set(`${prefix}:default:de:only:one`, 'a job that Redis lost')
    assert.equal((await queue.push(job)).state, 'waiting')
  })

  test("limits are BullMQ's own, go when the definition drops them, and leave those of others alone", async t => {
    const { prefix, client } = looking(t)
    const meta = (name: string) =>
      client.hmget(`${prefix}:${name}:meta`, 'concurrency', 'max', 'duration')
    const limits = { concurrency: 3, rateLimit: { max: 5, per: '2s' } }
    const job = (name: string, given: object) =>
      defineJob({ name, queue: defineQueue({ name, ...given }), run: () => 1 })
    const make = redisHarness({ ...server, prefix })
    await client.hset(`${prefix}:other:meta`, 'concurrency', '7')
    await make(t, [job('limited', limits), job('other', {})]).consume()
    await eventually(async () => assert.deepEqual(await meta('limited'), ['3', '5', '2000']))
    assert.deepEqual(await meta('other'), ['7', null, null])
    await make(t, [job('limited', { concurrency: 4 })]).consume()
    await eventually(async () => assert.deepEqual(await meta('limited'), ['4', null, null]))
    await make(t, [job('limited', {})]).consume()
    await eventually(async () => assert.deepEqual(await meta('limited'), [null, null, null]))
    await make(t, [job('other', {})]).consume()
    assert.deepEqual(await meta('other'), ['7', null, null])
  })
})
