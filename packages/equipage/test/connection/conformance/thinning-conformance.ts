import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { MakeHarness } from './harness.ts'

const numbered = z.object({ n: z.int(), of: z.string().default('all') })

/** What every connection holds about `debounce` and `throttle`. */
export function thinningConformance(name: string, make: MakeHarness): void {
  suite(`thinned out pushes over ${name}`, { concurrency: true }, () => {
    test('of debounced pushes the last one runs, once, that long after it', async t => {
      const seen: number[] = []
      const job = defineJob({
        name: 'index',
        payload: numbered,
        debounce: { for: '3s', key: ({ of }) => of },
        run: ({ payload }) => void seen.push(payload.n),
      })
      const harness = make(t, [job])
      const other = harness.sibling()
      await Promise.all([harness.consume(), other.queue.counts()])
      for (const n of [1, 2, 3]) {
        const receipt = await harness.queue.push(job, { n })
        assert.equal(receipt.state, 'delayed')
      }
      await other.queue.push(job, { n: 4 })
      assert.deepEqual(seen, [])
      if (harness.passesAtOnce) await harness.pass(3_000)
      await eventually(() => assert.deepEqual(seen, [4]))
      await harness.queue.push(job, { n: 5 })
      if (harness.passesAtOnce) await harness.pass(3_000)
      await eventually(() => assert.deepEqual(seen, [4, 5]))
      assert.equal((await harness.queue.counts())[0]?.delayed, 0)
    })

    test('debounced pushes of different keys do not meet', async t => {
      const job = defineJob({
        name: 'index',
        payload: numbered,
        debounce: { for: '1h', key: ({ of }) => of },
        run: () => 1,
      })
      const { queue } = make(t, [job])
      const pushes = [
        { n: 1, of: 'a' },
        { n: 2, of: 'b' },
        { n: 3, of: 'a' },
      ]
      for (const push of pushes) await queue.push(job, push)
      assert.equal((await queue.counts())[0]?.delayed, 2)
    })

    test('a debounced push while the one before runs, or waits for its next attempt, is a job of its own', async t => {
      const seen: number[] = []
      const gate = Promise.withResolvers<void>()
      const job = defineJob({
        name: 'index',
        payload: numbered,
        attempts: 2,
        backoff: ['1h'],
        debounce: { for: '20ms', key: () => 'all' },
        async run({ payload }) {
          seen.push(payload.n)
          if (payload.n === 1) await gate.promise
          if (payload.n === 1) throw new Error('later')
        },
      })
      const harness = make(t, [job])
      await harness.consume()
      await harness.queue.push(job, { n: 1 })
      if (harness.passesAtOnce) await harness.pass(20)
      await eventually(() => assert.deepEqual(seen, [1]))
      await harness.queue.push(job, { n: 2 })
      gate.resolve()
      if (harness.passesAtOnce) await harness.pass(20)
      await eventually(() => assert.deepEqual(seen, [1, 2]))
      await eventually(async () => {
        const [counts] = await harness.queue.counts()
        assert.deepEqual([counts?.delayed, counts?.active], [1, 0])
      })
      await harness.queue.push(job, { n: 3 })
      if (harness.passesAtOnce) await harness.pass(20)
      await eventually(() => assert.deepEqual(seen, [1, 2, 3]))
      assert.equal((await harness.queue.counts())[0]?.delayed, 1)
    })

    test('a debounced job takes no other delay', async t => {
      const job = defineJob({ name: 'index', payload: numbered, debounce: '1h', run: () => 1 })
      const { queue } = make(t, [job])
      await assert.rejects(queue.pushIn('5m', job, { n: 1 }), { code: 'E_BAD_OPTION' })
      await assert.rejects(queue.push(job, { n: 1 }, { unique: 'x' }), { code: 'E_BAD_OPTION' })
    })

    test('of throttled pushes the first runs, and the others are refused until the time is over', async t => {
      const seen: number[] = []
      const job = defineJob({
        name: 'poll',
        payload: numbered,
        throttle: { for: '3s', key: ({ of }) => of },
        run: ({ payload }) => void seen.push(payload.n),
      })
      const harness = make(t, [job])
      await harness.consume()
      const { id, state } = await harness.queue.push(job, { n: 1 })
      assert.notEqual(state, 'refused')
      await eventually(() => assert.deepEqual(seen, [1]))
      for (const { queue } of [harness, harness.sibling()]) {
        const receipt = await queue.push(job, { n: 2 })
        assert.deepEqual([receipt.state, receipt.existing], ['refused', { id }])
      }
      assert.notEqual((await harness.queue.push(job, { n: 3, of: 'b' })).state, 'refused')
      if (harness.passesAtOnce) await harness.pass(3_000)
      await eventually(async () =>
        assert.notEqual((await harness.queue.push(job, { n: 4 })).state, 'refused'),
      )
      await eventually(() => assert.deepEqual(seen, [1, 3, 4]))
    })

    test('a throttled push passes when the time is over, though the job before is unfinished', async t => {
      const job = defineJob({ name: 'poll', throttle: 20, delay: '1h', run: () => 1 })
      const harness = make(t, [job])
      await harness.queue.push(job)
      if (harness.passesAtOnce) await harness.pass(20)
      await eventually(async () => assert.equal((await harness.queue.push(job)).state, 'delayed'))
      assert.equal((await harness.queue.counts())[0]?.delayed, 2)
    })

    test("delay and priority are the definition's, where a push says nothing else", async t => {
      const ran: number[] = []
      const job = defineJob({
        name: 'slow',
        payload: numbered,
        delay: '1h',
        priority: 7,
        run: ({ payload }) => void ran.push(payload.n),
      })
      const harness = make(t, [job])
      await harness.consume()
      const { id, state } = await harness.queue.push(job, { n: 1 })
      assert.equal(state, 'delayed')
      assert.equal((await harness.connection.admin.find('default', id))?.priority, 7)
      const other = await harness.queue.pushIn('1h', job, { n: 1 }, { priority: 2 })
      assert.equal((await harness.connection.admin.find('default', other.id))?.priority, 2)
      const [later] = await harness.queue.pushMany(job, [{ n: 2 }])
      assert.equal(later?.state, 'delayed')
      await harness.queue.pushAt(new Date('2001-01-01'), job, { n: 3 })
      await eventually(() => assert.deepEqual(ran, [3]))
    })
  })
}
