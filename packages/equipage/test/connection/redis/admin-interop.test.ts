import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, type TestContext, test } from 'node:test'
import { Queue as BullQueue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness } from '../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

const add = defineJob({ name: 'add', run: () => null })
const other = defineJob({ name: 'other', queue: 'others', run: () => null })

/** An application, and plain BullMQ's queue `default` of the same prefix. */
function world(t: TestContext) {
  const prefix = `test-${randomUUID()}`
  const harness = redisHarness({ ...server, prefix })(t, [add, other])
  const bull = new BullQueue('default', { connection: server, prefix })
  t.after(() => bull.close())
  return { ...harness, bull, prefix }
}

suite('looking after queues beside plain BullMQ', { concurrency: true }, () => {
  test('a queue that plain BullMQ paused is paused, and the other way round', async t => {
    const { queue, bull } = world(t)
    await bull.pause()
    assert.deepEqual(await queue.paused(), ['default'])
    await queue.resume('default')
    assert.equal(await bull.isPaused(), false)
    await queue.pause('default')
    assert.equal(await bull.isPaused(), true)
  })

  test('a job that plain BullMQ added is listed and found with its payload', async t => {
    const { queue, bull } = world(t)
    const { id = '' } = await bull.add('from.elsewhere', { a: 1 }, { attempts: 4, priority: 9 })
    const [job] = await queue.list('default', { state: 'waiting' })
    assert.deepEqual(
      [job?.id, job?.name, job?.data, job?.attempts, job?.priority, job?.metadata],
      [id, 'from.elsewhere', { a: 1 }, 4, 9, {}],
    )
    assert.equal((await queue.find(id))?.state, 'waiting')
    await queue.forget(id)
    assert.equal(await bull.getJob(id), undefined)
  })

  test('a job that failed in a plain worker is listed with its error, and waits again when retried', async t => {
    const { queue, bull, prefix } = world(t)
    const { id = '' } = await bull.add('from.elsewhere', {})
    const fail = () => Promise.reject(new Error('elsewhere'))
    const worker = new Worker('default', fail, { connection: server, prefix, name: 'plain' })
    const [job] = await eventually(async () => {
      const jobs = await queue.list('default', { state: 'failed' })
      assert.equal(jobs.length, 1)
      return jobs
    })
    await worker.close()
    assert.equal(job?.error?.message, 'elsewhere')
    assert.deepEqual([job?.attemptsMade, job?.worker], [1, 'plain'])
    await queue.retry(id)
    assert.equal(await (await bull.getJob(id))?.getState(), 'waiting')
    assert.equal((await bull.getJob(id))?.attemptsMade, 0)
  })

  test('an id that several queues have has to be told which is meant', async t => {
    const { queue, bull, prefix } = world(t)
    const others = new BullQueue('others', { connection: server, prefix })
    await bull.add('add', {}, { jobId: 'twin' })
    await others.add('other', {}, { jobId: 'twin' })
    await others.close()
    const twice = {
      code: 'E_JOB_ID_TWICE',
      message: /in each of the queues default, others; .* --queue/,
    }
    await assert.rejects(queue.find('twin'), twice)
    await assert.rejects(queue.cancel('twin'), twice)
    assert.equal(await queue.cancel('twin', { queue: 'others' }), 'removed')
    assert.equal((await queue.find('twin'))?.queue, 'default')
  })

  test('a look for a queue that is not there leaves nothing behind', async t => {
    const { queue, prefix } = world(t)
    await assert.rejects(queue.list('defualt'), { code: 'E_UNKNOWN_QUEUE' })
    const client = new Redis(server.port, server.host)
    t.after(() => client.disconnect())
    assert.deepEqual(await client.keys(`${prefix}:defualt:*`), [])
  })

  test('every call says so when Redis is away', async t => {
    const away = await startRedis()
    t.after(() => away.stop())
    const { queue } = redisHarness(away)(t, [add])
    await queue.push(add)
    await away.kill()
    const fails = { code: 'E_CONNECTION_AWAY' }
    await eventually(() => assert.rejects(queue.list('default'), fails))
    await assert.rejects(queue.pause('default'), fails)
    await assert.rejects(queue.find('1'), fails)
    await assert.rejects(queue.retryAll('default'), fails)
    await assert.rejects(queue.list('elsewhere'), fails)
  })
})
