import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { redisHarness } from '../conformance/harness.ts'
import { serverOf } from './redis-field.ts'

const inQueue = (queue: string) => defineJob({ name: `of.${queue}`, queue, run: () => 1 })
const queues = ['default', 'one', 'two', 'three']
const jobs = queues.map(inQueue)

/** How many connections a server has, beside the one that asks. */
async function countOf(test: TestContext, server: { host: string; port: number }) {
  const client = new Redis(server)
  test.after(() => client.disconnect())
  return async () =>
    String(await client.client('LIST'))
      .trim()
      .split('\n').length - 1
}

suite('the connections that a process opens to Redis', { concurrency: true }, () => {
  test('are one for all that it pushes, fires and asks, however many queues there are', async t => {
    const server = await serverOf()
    const count = await countOf(t, server)
    const { queue, connection } = redisHarness(server)(t, jobs)
    await connection.check()
    await connection.ticks.register({ id: 'first', process: 'host:1', entries: [] })
    await Promise.all(jobs.map(job => queue.push(job)))
    await queue.counts()
    await eventually(async () => assert.equal(await count(), 1))
  })

  test('are two more when it consumes, however many queues: one waits, one works', async t => {
    const server = await serverOf()
    const count = await countOf(t, server)
    const { queue, consume, connection } = redisHarness(server)(t, jobs)
    await consume()
    await Promise.all(jobs.map(job => queue.push(job)))
    await eventually(async () => assert.equal(await count(), 3))
    await connection.stop(0)
    await eventually(async () => assert.equal(await count(), 2))
  })
})
