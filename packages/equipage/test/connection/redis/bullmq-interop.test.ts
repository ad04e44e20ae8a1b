import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { after, suite, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { Queue as BullQueue, FlowProducer, QueueEvents } from 'bullmq'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness } from '../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

const producer = join(import.meta.dirname, 'support', 'plain-producer.ts')

/** An application with three jobs, and the same queue as plain BullMQ has it. */
function world(t: TestContext) {
  const prefix = `test-${randomUUID()}`
  const ran: unknown[] = []
  const note = defineJob({
    name: 'note',
    payload: z.json(),
    async run({ payload, progress }) {
      ran.push(payload)
      progress(0.5)
      return { noted: payload }
    },
  })
  const attempts: number[] = []
  const failing = defineJob({
    name: 'failing',
    backoff: { type: 'fixed', delay: 0 },
    run({ attempt }) {
      attempts.push(attempt)
      throw new Error(`attempt ${attempt}`)
    },
  })
  const patient = defineJob({
    name: 'patient',
    backoff: { type: 'fixed', delay: '1h' },
    run: () => Promise.reject(new Error('not now')),
  })
  const large = defineJob({
    name: 'large',
    payload: z.object({ text: z.string() }),
    run: ({ payload }) => ({ text: payload.text }),
  })
  const harness = redisHarness({ ...server, prefix })(t, [note, failing, patient, large])
  const bull = new BullQueue('default', { connection: server, prefix })
  t.after(() => bull.close())
  return { ...harness, ...{ prefix, note, failing, large, ran, attempts, bull } }
}

suite('jobs of plain BullMQ', { concurrency: true }, () => {
  test('that another process adds are run, each when it is due and in its turn', async t => {
    const { prefix, consume, ran, bull } = world(t)
    const jobs = [
      { name: 'note', data: 'with priority 2', opts: { priority: 2 } },
      { name: 'note', data: 'with priority 1', opts: { priority: 1 } },
      { name: 'note', data: 'without' },
      { name: 'note', data: 'in an hour', opts: { delay: 3_600_000 } },
      { name: 'note', data: 'due', opts: { delay: 1 } },
    ]
    const args = [producer, String(server.port), prefix, JSON.stringify(jobs)]
    await promisify(execFile)(process.execPath, args)
    await consume(1)
    await eventually(() => assert.equal(ran.length, 4))
    const waited = ran.filter(data => data !== 'due')
    assert.deepEqual(waited, ['without', 'with priority 1', 'with priority 2'])
    assert.equal(await bull.getDelayedCount(), 1)
  })

  test('are tried as often as they themselves say, with the backoff of the definition', async t => {
    const { consume, attempts, bull } = world(t)
    const hour = { type: 'exponential', delay: 3_600_000 }
    const job = await bull.add('failing', {}, { attempts: 3, backoff: hour })
    await consume()
    await eventually(async () => assert.equal(await job.getState(), 'failed'))
    assert.deepEqual(attempts, [1, 2, 3])
    const { attemptsMade, failedReason } = (await bull.getJob(job.id ?? '')) ?? {}
    assert.deepEqual([attemptsMade, failedReason], [3, 'attempt 3'])
    const none = await bull.add('patient', {}, { attempts: 2 })
    await eventually(async () => assert.equal(await none.getState(), 'delayed'))
  })

  test('in a flow run before their parent, which sees what they returned', async t => {
    const { prefix, consume, ran, bull } = world(t)
    const flows = new FlowProducer({ connection: server, prefix })
    t.after(() => flows.close())
    const child = (data: number) => ({ name: 'note', queueName: 'default', data })
    const { job } = await flows.add({ ...child(0), children: [child(1), child(2)] })
    await consume(1)
    await eventually(async () => assert.equal(await job.getState(), 'completed'))
    assert.deepEqual([ran.slice(0, 2).toSorted(), ran.at(2)], [[1, 2], 0])
    const values = Object.values(
      (await (await bull.getJob(job.id ?? ''))?.getChildrenValues()) ?? {},
    )
    assert.deepEqual(values.map(({ noted }) => noted).toSorted(), [1, 2])
  })

  test('in a flow take their parent with them when they fail, where they say so', async t => {
    const { prefix, consume, ran } = world(t)
    const flows = new FlowProducer({ connection: server, prefix })
    t.after(() => flows.close())
    const opts = { failParentOnFailure: true }
    const { job } = await flows.add({
      ...{ name: 'note', queueName: 'default', data: 'parent' },
      children: [{ name: 'failing', queueName: 'default', opts }],
    })
    await consume()
    await eventually(async () => assert.equal(await job.getState(), 'failed'))
    assert.deepEqual(ran, [])
  })

  test('of a job scheduler of BullMQ run again and again', async t => {
    const { consume, ran, bull } = world(t)
    await consume()
    await bull.upsertJobScheduler('each', { every: 50 }, { name: 'note', data: 'each' })
    await eventually(() => assert.ok(ran.length > 3))
    await bull.removeJobScheduler('each')
    assert.deepEqual(new Set(ran), new Set(['each']))
  })

  test('may have 5 MB, and give 5 MB', async t => {
    const { consume, bull } = world(t)
    const text = 'à'.repeat(2_500_000)
    const { id = '' } = await bull.add('large', { text })
    await consume()
    await eventually(async () => assert.equal(await bull.getJobState(id), 'completed'))
    assert.ok((await bull.getJob(id))?.returnvalue.text === text)
  })

  test('whose names are those of properties of every object are unknown names as others', async t => {
    const { consume, lines, bull } = world(t)
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty']
    for (const name of names) await bull.add(name, {})
    await consume()
    await eventually(async () => assert.equal(await bull.getDelayedCount(), names.length))
    const told = lines.filter(({ msg }) => /no job of that name/.test(msg)).map(({ job }) => job)
    assert.deepEqual(told.toSorted(), names.toSorted())
  })

  test('whose data was written into Redis with a key __proto__ fail, and change nothing', async t => {
    const { prefix, consume, ran, bull } = world(t)
    const { id = '' } = await bull.add('note', {})
    const client = new Redis(server.port, server.host)
    t.after(() => client.disconnect())
    const data = '{"constructor": 1, "deep": [{"__proto__": {"polluted": true}}]}'
    await client.hset(`${prefix}:default:${id}`, 'data', data)
    await consume()
    await eventually(async () => assert.equal(await bull.getJobState(id), 'failed'))
    assert.match((await bull.getJob(id))?.failedReason ?? '', /payload\.deep\.0\.__proto__/)
    assert.deepEqual([ran, ({} as { polluted?: unknown }).polluted], [[], undefined])
  })
})

suite('what plain BullMQ sees of ours', { concurrency: true }, () => {
  test('are jobs in each state, with their data, results, errors and options', async t => {
    const { queue, consume, note, failing, bull } = world(t)
    await consume()
    await queue.push(note, { n: 1 })
    await queue.push(failing)
    await queue.pushIn('1h', note, { n: 2 }, { priority: 7 })
    await eventually(async () => {
      const counts = await bull.getJobCounts('waiting', 'active', 'delayed', 'completed', 'failed')
      assert.deepEqual(counts, { waiting: 0, active: 0, delayed: 1, completed: 1, failed: 1 })
    })
    const [[completed], [failed], [delayed]] = await Promise.all([
      bull.getCompleted(),
      bull.getFailed(),
      bull.getDelayed(),
    ])
    assert.deepEqual(
      [completed?.name, completed?.data, completed?.returnvalue, completed?.progress],
      ['note', { n: 1 }, { noted: { n: 1 } }, 0.5],
    )
    assert.ok(Number(completed?.finishedOn) >= Number(completed?.processedOn))
    assert.deepEqual([failed?.name, failed?.failedReason], ['failing', 'attempt 1'])
    assert.match(failed?.stacktrace?.[0] ?? '', /bullmq-interop\.test\.ts/)
    assert.deepEqual([delayed?.data, delayed?.priority, delayed?.delay], [{ n: 2 }, 7, 3_600_000])
  })

  test('are events: that a job waits, runs, tells how far it is, completes or fails', async t => {
    const { prefix, queue, consume, note, failing } = world(t)
    const events = new QueueEvents('default', { connection: server, prefix })
    t.after(() => events.close())
    await events.waitUntilReady()
    const told = new Map<string, string[]>()
    for (const name of ['waiting', 'active', 'progress', 'completed', 'failed', 'delayed'] as const)
      events.on(name, ({ jobId }: { jobId: string }) =>
        told.set(jobId, [...(told.get(jobId) ?? []), name]),
      )
    const good = await queue.push(note, {})
    const bad = await queue.push(failing)
    const later = await queue.pushIn('1h', note, {})
    await consume(1)
    await eventually(() => {
      assert.deepEqual(told.get(good.id), ['waiting', 'active', 'progress', 'completed'])
      assert.deepEqual(told.get(bad.id), ['waiting', 'active', 'failed'])
      assert.deepEqual(told.get(later.id), ['delayed'])
    })
  })

  test('can be retried, promoted and removed by it', async t => {
    const { queue, consume, note, failing, attempts, ran, bull } = world(t)
    await consume()
    const bad = await queue.push(failing)
    const later = await queue.pushIn('1h', note, 'promoted')
    const never = await queue.pushIn('1h', note, 'removed')
    await eventually(async () => assert.equal(await bull.getJobState(bad.id), 'failed'))
    await (await bull.getJob(bad.id))?.retry()
    await (await bull.getJob(later.id))?.promote()
    await bull.remove(never.id)
    await eventually(async () => {
      assert.equal(attempts.length, 2)
      assert.deepEqual(ran, ['promoted'])
      assert.equal((await queue.counts())[0]?.delayed, 0)
    })
  })
})
