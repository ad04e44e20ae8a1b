import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { defineChain, defineJob, type KeepOptions } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { Harness, MakeHarness } from './harness.ts'

/** What every connection holds about jobs that say themselves how they are kept when they have ended. */
export function keepConformance(name: string, make: MakeHarness): void {
  const fail = () => {
    throw new Error('it broke')
  }
  const failing = (keep?: KeepOptions, jobName = 'failing') =>
    defineJob({ name: jobName, run: fail, ...(keep ? { keep } : {}) })

  const idsOf = async ({ connection }: Harness, state: 'failed' | 'completed') => {
    const jobs = await connection.admin.list({ queue: 'default', state, offset: 0, limit: 100 })
    return jobs.map(({ id }) => id).sort()
  }
  const gone = ({ connection }: Harness, id: string) =>
    eventually(async () => assert.equal(await connection.admin.find('default', id), undefined))
  const isFailed = ({ connection }: Harness, id: string) =>
    eventually(async () => {
      assert.equal((await connection.admin.find('default', id))?.state, 'failed')
    })

  suite(`retention by job over ${name}`, { concurrency: true }, () => {
    test('a job that is not to be kept is gone when it has failed, and the others stay', async t => {
      const kept = failing()
      const forgotten = failing({ failed: false }, 'forgotten')
      const world = make(t, [kept, forgotten])
      await world.consume()
      const first = await world.queue.push(kept)
      await isFailed(world, first.id)
      const second = await world.queue.push(forgotten)
      await gone(world, second.id)
      assert.deepEqual(await idsOf(world, 'failed'), [first.id])
    })

    test('when a job with a count fails, the failed jobs of its queue are cut to it, the oldest first', async t => {
      const plain = failing()
      const counted = failing({ failed: { count: 2 } }, 'counted')
      const world = make(t, [plain, counted])
      await world.consume()
      const first = await world.queue.push(plain)
      await isFailed(world, first.id)
      const second = await world.queue.push(plain)
      await isFailed(world, second.id)
      const third = await world.queue.push(counted)
      await gone(world, first.id)
      await isFailed(world, third.id)
      assert.deepEqual(await idsOf(world, 'failed'), [second.id, third.id].sort())
    })

    test('when a job with an age fails, those of its queue that ended longer ago are gone', async t => {
      const plain = failing()
      const aged = failing({ failed: { age: '1s' } }, 'aged')
      const world = make(t, [plain, aged])
      await world.consume()
      const first = await world.queue.push(plain)
      await isFailed(world, first.id)
      await eventually(async () => {
        if (world.passesAtOnce) await world.pass(1_000)
        const second = await world.queue.push(aged)
        await isFailed(world, second.id)
        assert.equal(await world.connection.admin.find('default', first.id), undefined)
      })
    })

    test('the age counts from the end of a job, not from its push', async t => {
      const aged = failing({ failed: { age: '1s' } }, 'aged')
      const world = make(t, [aged])
      const { id } = await world.queue.pushIn('1500ms', aged)
      if (world.passesAtOnce) await world.pass(1_500)
      await world.consume()
      await isFailed(world, id)
    })

    test("a push's own word takes the place of its definition's, also after a retry", async t => {
      const job = defineJob({
        name: 'retried',
        attempts: 2,
        backoff: [0],
        keep: { failed: { count: 5 } },
        run: fail,
      })
      const world = make(t, [job])
      await world.consume()
      const { id } = await world.queue.push(job, {}, { keep: { failed: false } })
      await gone(world, id)
      const kept = await world.queue.push(job)
      await isFailed(world, kept.id)
    })

    test('a completed job is kept no longer than it says', async t => {
      const forgotten = defineJob({ name: 'forgotten', keep: { completed: false }, run: () => 1 })
      const counted = defineJob({
        name: 'counted',
        keep: { completed: { count: 1 } },
        run: () => 1,
      })
      const world = make(t, [forgotten, counted])
      await world.consume()
      await gone(world, (await world.queue.push(forgotten)).id)
      const [first, second] = [await world.queue.push(counted), await world.queue.push(counted)]
      await eventually(async () => {
        const ids = await idsOf(world, 'completed')
        const [counts] = await world.connection.carrier.counts(['default'])
        assert.equal(counts?.active || counts?.waiting, 0)
        // Where completed jobs are not kept at all, there is nothing to cut.
        if (counts?.completed === null) assert.deepEqual(ids, [])
        else assert.ok(ids.length === 1 && [first.id, second.id].includes(ids[0] ?? ''))
      })
    })

    test('each job of a chain has its own', async t => {
      const first = defineJob({ name: 'first', keep: { completed: false }, run: () => 1 })
      const second = failing({ failed: false }, 'second')
      const chain = defineChain({ name: 'both', start: first }).andThen(second, () => ({}))
      const world = make(t, [chain])
      const failed = Promise.withResolvers<string>()
      world.events.on('job:failed', ({ id }) => failed.resolve(id))
      await world.consume()
      const { id } = await world.queue.push(chain)
      await gone(world, await failed.promise)
      await gone(world, id)
    })

    test('a push with limits that are none is refused', async t => {
      const job = failing()
      const { queue } = make(t, [job])
      const keep = { failed: { count: 0 } }
      const message = /push of "failing", keep\.failed\.count: expected a whole number, 1 or more/
      await assert.rejects(queue.push(job, {}, { keep }), { code: 'E_BAD_OPTION', message })
    })
  })
}
