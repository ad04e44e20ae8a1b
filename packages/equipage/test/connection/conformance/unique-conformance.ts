import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { defineJob, type JobContext, type JobOptions } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { MakeHarness } from './harness.ts'

const order = z.object({ id: z.int(), note: z.string().optional() })
type Order = z.infer<typeof order>

/** A job whose runs are told of, and that goes on until the test lets it end. */
function held(options: Pick<JobOptions<Order, Order, unknown>, 'unique' | 'attempts' | 'backoff'>) {
  const runs: JobContext<Order>[] = []
  const gate = Promise.withResolvers<void>()
  const job = defineJob({
    name: 'order.send',
    payload: order,
    ...options,
    async run(context) {
      runs.push(context)
      await gate.promise
    },
  })
  return { job, runs, deployment: () => gate.resolve() }
}

/** What every connection holds about `unique`: of one key there is one unfinished job at most. */
export function uniqueConformance(name: string, make: MakeHarness): void {
  suite(`unique jobs over ${name}`, { concurrency: true }, () => {
    test('a push is refused while the job of its key runs, in whichever process, and says which one that is', async t => {
      const { job, runs, deployment } = held({ unique: true })
      const first = make(t, [job])
      await first.consume()
      const taken = first.queue.push(job, { id: 1 })
      const running = await eventually(() => {
        assert.ok(runs[0])
        return runs[0].jobId
      })
      for (const harness of [first, first.sibling()]) {
        const receipt = await harness.queue.push(job, { id: 1 })
        assert.deepEqual(receipt, {
          id: running,
          name: 'order.send',
          queue: 'default',
          state: 'refused',
          existing: { id: running },
        })
      }
      deployment()
      assert.equal((await taken).id, running)
      await eventually(async () =>
        assert.notEqual((await first.queue.push(job, { id: 1 })).state, 'refused'),
      )
      await eventually(() => assert.equal(runs.length, 2))
    })

    test('the key is the whole payload, in whatever order its fields were written', async t => {
      const { job } = held({ unique: true })
      const { queue } = make(t, [job])
      const { id } = await queue.pushIn('1h', job, { id: 1, note: 'a' })
      const again = await queue.pushIn('1h', job, { note: 'a', id: 1 })
      assert.deepEqual([again.state, again.existing], ['refused', { id }])
      for (const other of [{ id: 1 }, { id: 2, note: 'a' }])
        assert.equal((await queue.pushIn('1h', job, other)).state, 'delayed')
      assert.equal((await queue.counts())[0]?.delayed, 3)
    })

    test('a key of its own counts alone, and is that of the one job', async t => {
      const key = ({ id }: Order) => `order ${id}`
      const { job } = held({ unique: { key } })
      const other = defineJob({ name: 'other', payload: order, unique: { key }, run: () => 1 })
      const { queue } = make(t, [job, other])
      await queue.pushIn('1h', job, { id: 1, note: 'a' })
      assert.equal((await queue.pushIn('1h', job, { id: 1, note: 'b' })).state, 'refused')
      assert.equal((await queue.pushIn('1h', job, { id: 2 })).state, 'delayed')
      assert.equal((await queue.pushIn('1h', other, { id: 1 })).state, 'delayed')
    })

    test('a push may name the key, however long it is', async t => {
      const job = defineJob({ name: 'plain', payload: order, run: () => 1 })
      const { queue } = make(t, [job])
      for (const unique of ['short', 'with: colons, {braces} and blanks', 'long'.repeat(1_000)]) {
        const { id } = await queue.pushIn('1h', job, { id: 1 }, { unique })
        const again = await queue.pushIn('1h', job, { id: 2 }, { unique })
        assert.deepEqual(again.existing, { id })
      }
      await assert.rejects(queue.push(job, { id: 1 }, { unique: '' }), { code: 'E_BAD_OPTION' })
    })

    test('of many pushes at once the first is taken, and the others name it', async t => {
      const { job } = held({ unique: { key: () => 'all' } })
      const { queue, sibling } = make(t, [job])
      const other = sibling()
      const pushes = await Promise.all(
        Array.from({ length: 20 }, (_, id) =>
          (id % 2 === 0 ? queue : other.queue).pushIn('1h', job, { id }),
        ),
      )
      const taken = pushes.filter(({ state }) => state === 'delayed')
      assert.equal(taken.length, 1)
      for (const { state, existing } of pushes)
        if (state === 'refused') assert.deepEqual(existing, { id: taken[0]?.id })
    })

    test('a job that waits for its next attempt keeps its key, and one that has failed for good does not', async t => {
      let fails = 0
      const job = defineJob({
        name: 'failing',
        unique: true,
        attempts: 2,
        backoff: [1_000],
        run: () => {
          fails++
          throw new Error('no')
        },
      })
      const harness = make(t, [job])
      await harness.consume()
      const { id } = await harness.queue.push(job)
      await eventually(() => assert.equal(fails, 1))
      assert.deepEqual((await harness.queue.push(job)).existing, { id })
      if (harness.passesAtOnce) await harness.pass(1_000)
      await eventually(async () => assert.equal((await harness.queue.counts())[0]?.failed, 1))
      assert.notEqual((await harness.queue.push(job)).state, 'refused')
    })

    test('removing the job frees its key', async t => {
      const { job } = held({ unique: true })
      const { queue, remove } = make(t, [job])
      const { id } = await queue.pushIn('1h', job, { id: 1 })
      await remove('default', id)
      assert.equal((await queue.pushIn('1h', job, { id: 1 })).state, 'delayed')
    })

    test('with a time, a push is refused until it is over, though the job has ended', async t => {
      let runs = 0
      const job = defineJob({ name: 'timed', unique: { for: '3s' }, run: () => void runs++ })
      const harness = make(t, [job])
      await harness.consume()
      const { id } = await harness.queue.push(job)
      await eventually(async () => {
        assert.equal(runs, 1)
        assert.equal((await harness.queue.counts())[0]?.active, 0)
      })
      assert.deepEqual((await harness.sibling().queue.push(job)).existing, { id })
      if (harness.passesAtOnce) await harness.pass(3_000)
      await eventually(async () =>
        assert.notEqual((await harness.queue.push(job)).state, 'refused'),
      )
    })

    test('with a time that is over, a push is refused all the same while the job is unfinished', async t => {
      const { job } = held({ unique: { for: 1 } })
      const harness = make(t, [job])
      const { id } = await harness.queue.pushIn('1h', job, { id: 1 })
      if (harness.passesAtOnce) await harness.pass(10)
      for (let tries = 0; tries < 20; tries++)
        assert.deepEqual((await harness.queue.pushIn('1h', job, { id: 1 })).existing, { id })
    })

    test('a key that is no text, and a unique chain, are thrown at the pusher', async t => {
      const job = defineJob({ name: 'wrong', unique: { key: () => 7 as never }, run: () => 1 })
      const { queue } = make(t, [job])
      await assert.rejects(queue.push(job), { code: 'E_BAD_OPTION', message: /unique\.key/ })
    })
  })
}
