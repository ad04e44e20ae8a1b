import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, test } from 'node:test'
import { Queue as BullQueue, Worker as BullWorker } from 'bullmq'
import { Redis } from 'ioredis'
import { RedisCheckpoints } from '../../../src/connection/redis/consuming/redis-checkpoints.ts'
import { redisConnection } from '../../../src/connection/redis/redis-connection.ts'
import { systemClock } from '../../../src/core/clock.ts'
import { EventHub } from '../../../src/core/events.ts'
import type { Attempt, JobEvents, Outcome } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { capturedLog } from '../../support/lines.ts'
import { startRedis } from '../../support/redis.ts'

const server = await startRedis()
after(() => server.stop())

const login = { url: null, db: 0, username: null, password: null }
const keep = { ageMs: 60_000, count: 5 }

/** A queue with one job that plain BullMQ added, and a worker of its own that takes it and does nothing. */
async function taken() {
  const prefix = `test-${randomUUID()}`
  const connection = { host: server.host, port: server.port }
  const queue = new BullQueue('default', { connection, prefix })
  const { id = '' } = await queue.add('report', { text: 'as it was' })
  const worker = new BullWorker('default', undefined, {
    connection,
    prefix,
    autorun: false,
  })
  const take = async (token: string) => {
    const job = await worker.getNextJob(token)
    assert.equal(job?.id, id)
  }
  const client = new Redis(connection)
  const key = `${prefix}:default:${id}`
  return {
    prefix,
    queue,
    id,
    key,
    client,
    take,
    of: (token: string) => new RedisCheckpoints(client, key, token),
    [Symbol.asyncDispose]: async () => {
      client.disconnect()
      await worker.close(true)
      await queue.close()
    },
  }
}

suite('checkpoints over Redis', { concurrency: true }, () => {
  test('stand with the job, beside its data, and go away with it', async () => {
    await using world = await taken()
    await world.take('mine')
    const checkpoints = world.of('mine')
    assert.equal(await checkpoints.load('part:rows'), undefined)
    assert.equal(await checkpoints.save('part:rows', '[1,"à"]'), true)
    assert.equal(await checkpoints.save('part:rows', '[2]'), true)
    assert.equal(await checkpoints.load('part:rows'), '[2]')
    const job = await world.queue.getJob(world.id)
    assert.deepEqual(job?.data, { text: 'as it was' })
    const keys = await world.client.keys(`${world.prefix}:default:${world.id}*`)
    assert.deepEqual(keys.toSorted(), [world.key, `${world.key}:lock`])
    await world.client.del(`${world.key}:lock`)
    await world.queue.remove(world.id)
    assert.deepEqual(await world.client.keys(`${world.prefix}:default:${world.id}*`), [])
  })

  test('are written by the worker alone that has the job', async () => {
    await using world = await taken()
    await world.take('mine')
    assert.equal(await world.of('another').save('part:rows', '1'), false)
    await world.client.del(`${world.key}:lock`)
    assert.equal(await world.of('mine').save('part:rows', '1'), false)
    assert.equal(await world.of('mine').load('part:rows'), undefined)
  })

  test('of a job that is gone are not written, and do not bring it back', async () => {
    await using world = await taken()
    await world.take('mine')
    await world.client.del(world.key)
    assert.equal(await world.of('mine').save('part:rows', '1'), false)
    assert.equal(await world.client.exists(world.key), 0)
  })
})

test('a job whose worker went silent is told of, and runs elsewhere with its checkpoints and from when it was pushed', async () => {
  await using world = await taken()
  await world.take('dead')
  assert.equal(await world.of('dead').save('part:rows', '7'), true)
  // As when its worker died, and its time is over.
  await world.client.del(`${world.key}:lock`)
  const { log } = capturedLog()
  const events = new EventHub<JobEvents>(() => undefined)
  const stalled: unknown[] = []
  events.on('job:stalled', event => stalled.push(event))
  const ran: { pushedAt: number; rows: string | undefined }[] = []
  const run = async ({ pushedAt, checkpoints }: Attempt): Promise<Outcome> => {
    ran.push({ pushedAt, rows: await checkpoints.load('part:rows') })
    return { state: 'completed', result: null }
  }
  const { host, port } = server
  const kept = { keep: { completed: keep, failed: keep }, ledger: keep, lockMs: 3_000 }
  const connection = redisConnection(
    { ...login, host, port, prefix: world.prefix, ...kept },
    { run, log, clock: systemClock, events },
  )
  const consumer = connection.carrier.consume({ queues: ['default'], concurrency: 1 })
  await consumer.start()
  await eventually(() => assert.equal(ran.length, 1))
  const job = await world.queue.getJob(world.id)
  assert.deepEqual(ran, [{ pushedAt: job?.timestamp, rows: '7' }])
  await eventually(() => assert.deepEqual(stalled, [{ id: world.id, queue: 'default' }]))
  await consumer.stop(0)
  await connection.stop(0)
})
