import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { type ChainEvent, defineChain, defineJob, type JobEnd } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { Harness, MakeHarness } from './harness.ts'

const failing = defineJob({ name: 'failing', run: () => Promise.reject(new TypeError('no luck')) })
const finding = defineJob({ name: 'finding', run: () => ({ rows: 3 }) })

/** How the runs of chains ended, as it is told. */
function ends({ events }: Harness): string[] {
  const told: string[] = []
  const named = ({ name, id }: ChainEvent) => `${name} ${id === '' ? 'without id' : ''}`.trim()
  events.on('chain:completed', event => void told.push(`${named(event)} completed`))
  events.on('chain:failed', event => {
    told.push(`${named(event)} failed in ${event.job}: ${event.error.message}`)
  })
  return told
}

/** Where a job's failure ends its chain, and where it does not; the same code runs on each connection. */
export function chainConformance(name: string, make: MakeHarness): void {
  suite(`chains over ${name}`, { concurrency: true }, () => {
    /** A job that takes note of what it is told of the one before. */
    const noting = () => {
      const seen: unknown[] = []
      const job = defineJob({
        name: 'noting',
        payload: z.object({ before: z.json() }),
        run: ({ payload }) => void seen.push(payload.before),
      })
      return { job, seen }
    }

    test('a chain ends with the job that has failed for good, and says so', async t => {
      const { job, seen } = noting()
      const chain = defineChain({ name: 'ending', start: failing }).andThen(job, before => ({
        before: String(before),
      }))
      const harness = make(t, [chain])
      const told = ends(harness)
      await harness.consume()
      await harness.queue.push(chain)
      await eventually(() => assert.deepEqual(told, ['ending failed in failing: no luck']))
      assert.ok(
        harness.lines.some(({ msg, chain }) => msg === 'chain failed' && chain === 'ending'),
      )
      assert.deepEqual(seen, [])
      const [counts] = await harness.queue.counts()
      assert.deepEqual([counts?.waiting, counts?.delayed], [0, 0])
    })

    test('under "continue" the next job runs all the same, and is told how the one before failed', async t => {
      const { job, seen } = noting()
      const chain = defineChain({ name: 'going.on', start: failing }).andThen(
        job,
        before => ({ before }),
        { onFailure: 'continue' },
      )
      const harness = make(t, [chain])
      const told = ends(harness)
      await harness.consume()
      await harness.queue.push(chain)
      await eventually(() => assert.deepEqual(told, ['going.on completed']))
      assert.deepEqual(seen, [
        { state: 'failed', error: { name: 'TypeError', message: 'no luck' } },
      ])
      await eventually(async () => assert.equal((await harness.queue.counts())[0]?.failed, 1))
    })

    test('under "continue" a job that completed is told of with its result', async t => {
      const { job, seen } = noting()
      const chain = defineChain({ name: 'well', start: finding }).andThen(
        job,
        (before: JobEnd<{ rows: number }>) => ({ before }),
        { onFailure: 'continue' },
      )
      const { queue, consume } = make(t, [chain])
      await consume()
      await queue.push(chain)
      await eventually(() => assert.deepEqual(seen, [{ state: 'completed', result: { rows: 3 } }]))
    })

    test('the policy belongs to one edge: behind it a failure ends the chain again', async t => {
      const { job, seen } = noting()
      const other = defineJob({ name: 'other', run: () => Promise.reject(new Error('nor here')) })
      const chain = defineChain({ name: 'mixed', start: failing })
        .andThen(other, () => ({}), { onFailure: 'continue' })
        .andThen(job, () => ({ before: null }))
      const harness = make(t, [chain])
      const told = ends(harness)
      await harness.consume()
      await harness.queue.push(chain)
      await eventually(() => assert.deepEqual(told, ['mixed failed in other: nor here']))
      assert.deepEqual(seen, [])
    })

    test('an attempt that is followed by another is no failure yet', async t => {
      const { job, seen } = noting()
      let runs = 0
      const start = defineJob({
        name: 'second.time',
        attempts: 2,
        backoff: { type: 'fixed', delay: 0 },
        run: () => (++runs === 1 ? Promise.reject(new Error('not yet')) : 'found'),
      })
      const chain = defineChain({ name: 'patient', start }).andThen(job, before => ({ before }), {
        onFailure: 'continue',
      })
      const { queue, consume } = make(t, [chain])
      await consume()
      await queue.push(chain)
      await eventually(() => assert.deepEqual(seen, [{ state: 'completed', result: 'found' }]))
    })

    test('a hand-over that fails ends its chain, whatever the policy', async t => {
      const { job, seen } = noting()
      const chain = defineChain({ name: 'broken', start: finding }).andThen(
        job,
        () => Promise.reject(new Error('nothing to hand over')),
        { onFailure: 'continue' },
      )
      const harness = make(t, [chain])
      const told = ends(harness)
      await harness.consume()
      await harness.queue.push(chain)
      await eventually(() => assert.equal(told.length, 1))
      assert.match(String(told[0]), /^broken failed in finding: .*nothing to hand over$/)
      assert.deepEqual(seen, [])
    })
  })
}
