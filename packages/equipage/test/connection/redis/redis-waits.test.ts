import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Redis } from 'ioredis'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { redisHarness } from '../conformance/harness.ts'
import { serverOf } from './redis-field.ts'

// One wait in a thousand is whole seconds by chance.
const queues = ['one', 'two', 'three']
const jobs = queues.map(queue => defineJob({ name: `of.${queue}`, queue, run: () => 1 }))

suite('a worker over Redis that waits', { concurrency: true }, () => {
  test('does so until a delayed job is due, and not to the end of that second', async t => {
    const server = await serverOf()
    const client = new Redis(server)
    const watcher = await client.monitor()
    t.after(() => {
      client.disconnect()
      watcher.disconnect()
    })
    const waits: number[] = []
    watcher.on('monitor', (_time: string, [command, ...args]: string[]) => {
      if (command === 'bzpopmin') waits.push(Number(args.at(-1)))
    })
    const { queue, consume } = redisHarness(server)(t, jobs)
    await consume()
    await Promise.all(jobs.map(job => queue.pushIn('9s', job)))
    await eventually(() => {
      const dependencies = waits.filter(seconds => !Number.isInteger(seconds))
      assert.ok(dependencies.length > 0, `waits of ${waits.join(', ')} seconds`)
      assert.ok(Math.max(...dependencies) < 9)
    })
  })
})
