import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { defineChain, defineJob, type JobEvents, Release } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { Harness, MakeHarness } from './harness.ts'

const names = [
  'job:pushed',
  'job:started',
  'job:progress',
  'job:completed',
  'job:failed',
  'job:retrying',
  'job:released',
] as const

/** What every connection holds about events. `job:stalled` is told by connections alone whose workers watch each other. */
export function eventConformance(name: string, make: MakeHarness): void {
  suite(`events over ${name}`, { concurrency: true }, () => {
    test('a job that fails, is released and completes tells of each in its order', async t => {
      let starts = 0
      const job = defineJob({
        name: 'eventful',
        attempts: 2,
        backoff: { type: 'fixed', delay: '10ms', jitter: 0 },
        run({ progress }) {
          starts++
          if (starts === 1) throw new Error('no luck')
          if (starts === 2) throw new Release('20ms', 'not yet')
          progress({ done: 1, total: 2 })
          return { rows: 3 }
        },
      })
      const harness = make(t, [job])
      const heard = listen(harness)
      await harness.consume()
      const { id } = await harness.queue.push(job)
      await eventually(() => assert.equal(heard.at(-1)?.[0], 'job:completed'))
      await eventually(() => assert.ok(heard.some(([event]) => event === 'job:pushed')))
      const own = { id, name: 'eventful', queue: 'default' }
      // An inline connection runs the job before its push returns, the others beside it.
      const pushed = heard.filter(([event]) => event === 'job:pushed')
      assert.deepEqual(pushed, [['job:pushed', { ...own, delayMs: 0 }]])
      assert.deepEqual(heard.filter(([event]) => event !== 'job:pushed').map(withoutDuration), [
        ['job:started', { ...own, attempt: 1 }],
        ['job:retrying', { ...own, attempt: 1, error: 'no luck', delayMs: 10 }],
        ['job:started', { ...own, attempt: 2 }],
        ['job:released', { ...own, attempt: 2, reason: 'not yet', delayMs: 20 }],
        ['job:started', { ...own, attempt: 2 }],
        ['job:progress', { ...own, attempt: 2, progress: { done: 1, total: 2 } }],
        ['job:completed', { ...own, attempt: 2, result: { rows: 3 } }],
      ])
    })

    test('a job that fails for good tells that, with its error', async t => {
      const job = defineJob({ name: 'hopeless', run: () => Promise.reject(new Error('always')) })
      const harness = make(t, [job])
      const failed: JobEvents['job:failed'][] = []
      harness.events.on('job:failed', event => failed.push(event))
      await harness.consume()
      await harness.queue.push(job)
      await eventually(() => assert.equal(failed.length, 1))
      assert.equal(failed[0]?.error.message, 'always')
      assert.ok(Number.isInteger(failed[0]?.durationMs))
    })

    test('each job of a chain, and each child, is told of when it is pushed', async t => {
      const child = defineJob({ name: 'child', run: () => 1 })
      const first = defineJob({ name: 'first', run: async ({ push }) => (await push(child)).name })
      const last = defineJob({ name: 'last', payload: z.object({}), run: () => 1 })
      const chain = defineChain({ name: 'chain', start: first }).andThen(last, () => ({}))
      const harness = make(t, [chain, child])
      const pushed: string[] = []
      harness.events.on('job:pushed', event => pushed.push(event.name))
      await harness.consume()
      await harness.queue.push(chain)
      await harness.queue.pushIn('1h', child)
      await eventually(() =>
        assert.deepEqual(pushed.toSorted(), ['child', 'child', 'first', 'last']),
      )
    })

    test('a listener that throws or rejects changes nothing', async t => {
      const job = defineJob({ name: 'quiet', run: ({ progress }) => progress(0.5) })
      const harness = make(t, [job])
      for (const name of names) {
        harness.events.on(name, () => assert.fail('a listener'))
        harness.events.on(name, async () => Promise.reject(new Error('a listener')))
      }
      const heard = listen(harness)
      await harness.consume()
      await harness.queue.push(job)
      await eventually(() => assert.ok(heard.some(([event]) => event === 'job:completed')))
      await eventually(() => assert.ok(harness.lines.some(({ msg }) => msg === 'listener failed')))
    })
  })
}

type Heard = [event: string, fields: object]

/** Everything that is told, in its order. */
function listen({ events }: Harness): Heard[] {
  const heard: Heard[] = []
  for (const name of names) events.on(name, event => heard.push([name, event]))
  return heard
}

/** The event without how long it took, which no test knows; of an error, its message. */
function withoutDuration([name, event]: Heard): Heard {
  const { durationMs, error, ...fields } = event as { durationMs?: number; error?: Error }
  assert.ok(durationMs === undefined || durationMs >= 0)
  return [name, error ? { ...fields, error: error.message } : fields]
}
