import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { MakeHarness } from './harness.ts'

/** What every connection holds about consumers that end by themselves; the same code runs on each. */
export function consumerConformance(name: string, make: MakeHarness): void {
  suite(`consumers over ${name}`, { concurrency: true }, () => {
    test('a consumer with a limit begins so many attempts, lets them end, and leaves the rest', async t => {
      const ran: number[] = []
      const deployment = Promise.withResolvers<void>()
      const job = defineJob({
        name: 'counted',
        payload: z.object({ n: z.int() }),
        async run({ payload }) {
          ran.push(payload.n)
          await deployment.promise
        },
      })
      const { queue, connection, sibling } = make(t, [job])
      for (let n = 0; n < 6; n++) await queue.pushIn(1, job, { n })
      const consumer = connection.carrier.consume({
        queues: ['default'],
        concurrency: 10,
        limit: 2,
      })
      let finished = false
      void consumer.finished.then(() => {
        finished = true
      })
      await consumer.start()
      await eventually(() => assert.equal(ran.length, 2))
      assert.equal(finished, false)
      deployment.resolve()
      await consumer.finished
      assert.equal(ran.length, 2)
      assert.deepEqual(await consumer.stop(0), { handedBack: 0 })
      await eventually(async () => {
        const [counts] = await queue.counts()
        assert.equal((counts?.waiting ?? 0) + (counts?.delayed ?? 0), 4)
      })
      await sibling().consume()
      await eventually(() => assert.deepEqual(ran.toSorted(), [0, 1, 2, 3, 4, 5]))
    })

    test('the limit holds over all queues together, and what was taken beyond it goes back', async t => {
      const ran: string[] = []
      const jobs = ['a', 'b', 'c', 'd'].map(queue =>
        defineJob({ name: queue, queue, run: () => void ran.push(queue) }),
      )
      const { queue, connection } = make(t, jobs)
      for (const job of jobs) await queue.pushIn(1, job)
      const queues = jobs.map(({ queue }) => queue)
      const consumer = connection.carrier.consume({ queues, concurrency: 3, limit: 1 })
      await consumer.start()
      await consumer.finished
      await consumer.stop(0)
      assert.equal(ran.length, 1)
      const counts = await connection.carrier.counts(queues)
      const left = counts.map(({ waiting, delayed }) => waiting + delayed)
      const active = counts.map(({ active }) => active)
      assert.equal(
        left.reduce((sum, count) => sum + count),
        3,
      )
      assert.deepEqual(active, [0, 0, 0, 0])
    })

    test('what waits is told with how long the next in line has, and not what is delayed or paused', async t => {
      const job = defineJob({ name: 'waiting', run: () => 1 })
      const world = make(t, [job])
      const { queue, connection } = world
      const waits = () => connection.carrier.waits(['default', 'empty'])
      const empty = { queue: 'empty', waiting: 0, longestMs: 0 }
      await queue.pause('default')
      await queue.push(job)
      await queue.push(job, {}, { priority: 5 })
      await queue.pushIn('1h', job)
      assert.deepEqual(await waits(), [{ ...empty, queue: 'default' }, empty])
      await queue.resume('default')
      if (world.passesAtOnce) await world.pass(100)
      await eventually(async () => {
        const [found, other] = await waits()
        assert.equal(found?.waiting, 2)
        assert.ok((found?.longestMs ?? 0) >= 50 && (found?.longestMs ?? 0) < 3_600_000)
        assert.deepEqual(other, empty)
      })
    })

    test('what a consumer hands back at its stop it does not begin again', async t => {
      let begun = 0
      const job = defineJob({
        name: 'handed.back',
        run({ signal }) {
          begun++
          return new Promise((_, reject) => signal.addEventListener('abort', reject))
        },
      })
      const { queue, connection } = make(t, [job])
      const consumer = connection.carrier.consume({ queues: ['default'], concurrency: 2 })
      await consumer.start()
      await queue.pushIn(1, job)
      await eventually(() => assert.equal(begun, 1))
      await consumer.stop(0)
      assert.equal(begun, 1)
      await eventually(async () => {
        const [{ waiting, active } = { waiting: -1, active: -1 }] = await queue.counts()
        assert.deepEqual([waiting, active], [1, 0])
      })
    })

    test('a consumer is idle when nothing waits or is due, whatever is to come later', async t => {
      const job = defineJob({ name: 'due', run: () => 1 })
      const { queue, connection, pass, consume } = make(t, [job])
      // With it the connection learns its own time, which `pass` counts on.
      await connection.ticks.register({ id: 'release', process: 'host:1', entries: [] })
      const consumer = connection.carrier.consume({ queues: ['default'], concurrency: 1, limit: 1 })
      t.after(() => consumer.stop(0))
      await consumer.start()
      assert.equal(await consumer.isIdle(), true)
      await queue.pushIn('1h', job)
      assert.equal(await consumer.isIdle(), true)
      // It takes one job; the next one waits for another consumer.
      for (let n = 0; n < 2; n++) await queue.pushIn(50, job)
      await pass(100)
      await consumer.finished
      assert.equal(await consumer.isIdle(), false)
      await consume()
      await eventually(async () => assert.equal(await consumer.isIdle(), true))
    })
  })
}
