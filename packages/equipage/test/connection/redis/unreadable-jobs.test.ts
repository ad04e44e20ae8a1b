import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, type TestContext, test } from 'node:test'
import { Queue as BullQueue } from 'bullmq'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { defineChain, defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness, redisSettings } from '../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

/** An application whose job `note` says what it was given, and the ways by which others get at its queue. */
function world(t: TestContext) {
  const prefix = `test-${randomUUID()}`
  const ran: unknown[] = []
  const note = defineJob({
    name: 'note',
    payload: z.object({ n: z.number() }),
    unique: true,
    run: ({ payload }) => void ran.push(payload.n),
  })
  const harness = redisHarness({ ...server, prefix })(t, [note])
  const bull = new BullQueue('default', { connection: server, prefix })
  const client = new Redis(server.port, server.host)
  t.after(async () => {
    await bull.close()
    client.disconnect()
  })
  const failed: unknown[] = []
  harness.events.on('job:failed', ({ id, name, error }) => failed.push([id, name, error.message]))
  return {
    ...harness,
    ...{ note, ran, failed, client, prefix },
    /** A job of plain BullMQ, one field of which is written over. */
    async spoiled(n: number, field: string, text: string): Promise<string> {
      const { id = '' } = await bull.add('note', { n })
      await client.hset(`${prefix}:default:${id}`, field, text)
      return id
    },
  }
}

/** Of which BullMQ makes nothing, and what is said of it. */
const spoilt: readonly [field: string, text: string, said: string][] = [
  ['data', '{"n": ', 'data is not JSON: {"n": '],
  ['data', 'undefined', 'data is not JSON: undefined'],
  ['opts', '{{', 'opts is not a JSON object: {{'],
  ['opts', 'null', 'opts is not a JSON object: null'],
  ['progress', 'half', 'progress is not JSON: half'],
  ['parent', '{', 'parent is not JSON: {'],
  ['ats', 'often', 'ats is not a whole number: often'],
]

suite('a job that stands in Redis in a form that cannot be read', { concurrency: true }, () => {
  for (const [field, text, said] of spoilt) {
    test(`(${field}: ${text}) fails, with the reason, and its neighbours run`, async t => {
      const { queue, consume, note, ran, failed, lines, spoiled } = world(t)
      await queue.push(note, { n: 1 })
      const id = await spoiled(2, field, text)
      await queue.push(note, { n: 3 })
      await consume(1)
      const message = `job '${id}' of queue "default" cannot be read: ${said}; fix the program that wrote it to the queue`
      await eventually(async () => {
        assert.deepEqual(ran, [1, 3])
        const job = await queue.find(id)
        assert.deepEqual([job?.state, job?.error?.message], ['failed', message])
      })
      assert.deepEqual(failed, [[id, 'note', message]])
      const line = lines.find(
        ({ msg, jobId }) => msg === 'job failed without an attempt' && jobId === id,
      )
      assert.equal((line?.['err'] as { code?: string } | undefined)?.code, 'E_JOB_UNREADABLE')
      const [counts] = await queue.counts()
      assert.deepEqual([counts?.active, counts?.completed, counts?.failed], [0, 2, 1])
    })
  }

  test('runs with what is left of it when it is retried; what was no JSON is its payload, as a text', async t => {
    const { queue, consume, ran, spoiled } = world(t)
    const ids = [await spoiled(1, 'opts', '{{'), await spoiled(2, 'data', '{{')]
    await consume()
    await eventually(async () => assert.equal((await queue.counts())[0]?.failed, 2))
    assert.equal((await queue.find(ids[1] ?? ''))?.data, '{{')
    await queue.retry(ids)
    await eventually(async () => {
      assert.deepEqual(ran, [1])
      assert.match((await queue.find(ids[1] ?? ''))?.error?.message ?? '', /accept its payload/)
    })
  })

  test('no longer keeps others of its key away', async t => {
    const { queue, connection, consume, note, ran, client, prefix } = world(t)
    await queue.pause('default')
    const { id } = await queue.push(note, { n: 1 })
    await client.hset(`${prefix}:default:${id}`, 'data', '{{')
    assert.equal((await queue.push(note, { n: 1 })).state, 'refused')
    await queue.resume('default')
    await consume()
    await eventually(async () =>
      assert.equal((await connection.admin.find('default', id))?.state, 'failed'),
    )
    assert.equal((await queue.push(note, { n: 1 })).state, 'waiting')
    await eventually(() => assert.deepEqual(ran, [1]))
  })

  test('ends the chain that it is of, which is told', async t => {
    const told: unknown[] = []
    const step = defineJob({ name: 'step', run: () => null })
    const chain = defineChain({ name: 'steps', start: step }).andThen(step, () => ({}))
    const settings = redisSettings(server)
    const { queue, events, consume } = redisHarness(settings)(t, [chain])
    events.on('chain:failed', ({ name, error }) => told.push([name, error.message]))
    await queue.pause('default')
    const { id } = await queue.push(chain)
    const client = new Redis(server.port, server.host)
    t.after(() => client.disconnect())
    await client.hset(`${settings.prefix}:default:${id}`, 'progress', 'half')
    await queue.resume('default')
    await consume()
    await eventually(() => assert.equal(told.length, 1))
    assert.match(String(told), /^steps,job '.*' of queue "default" cannot be read: progress/)
  })

  test('is listed among the others, found and forgotten before a worker meets it', async t => {
    const { queue, note, spoiled } = world(t)
    const { id: sound } = await queue.push(note, { n: 1 })
    const id = await spoiled(2, 'data', '{{')
    const listed = await queue.list('default', { state: 'waiting' })
    assert.deepEqual(
      listed.map(job => [job.id, job.name, job.data]),
      [
        [id, 'note', null],
        [sound, 'note', { n: 1 }],
      ],
    )
    const job = await queue.find(id)
    assert.match(job?.error?.message ?? '', /data is not JSON/)
    assert.ok(Math.abs(Date.now() - (job?.pushedAt ?? 0)) < 600_000)
    await assert.rejects(queue.cancel(id), { code: 'E_JOB_UNREADABLE' })
    await queue.forget(id)
    assert.equal(await queue.find(id), undefined)
  })

  test('runs where BullMQ makes do: options that are another thing than an object say nothing', async t => {
    const { queue, consume, ran, spoiled } = world(t)
    for (const [n, text] of ['7', '"text"', '[]', '{"attempts":"x"}'].entries())
      await spoiled(n, 'opts', text)
    for (const [n, field] of ['timestamp', 'priority', 'delay', 'stacktrace'].entries())
      await spoiled(10 + n, field, 'x')
    await consume()
    await eventually(async () => assert.equal((await queue.counts())[0]?.completed, 8))
    assert.deepEqual(
      ran.toSorted((a, b) => Number(a) - Number(b)),
      [0, 1, 2, 3, 10, 11, 12, 13],
    )
  })
})
