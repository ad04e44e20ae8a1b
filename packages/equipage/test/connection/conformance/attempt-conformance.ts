import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { isEquipageError } from '../../../src/core/errors.ts'
import { DoNotRetry, defineChain, defineJob, Release } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { Harness, MakeHarness } from './harness.ts'

/** What every connection holds about attempts: which ones follow, and what one leaves to the next. */
export function attemptConformance(name: string, make: MakeHarness): void {
  suite(`attempts over ${name}`, { concurrency: true }, () => {
    test('a job that says not to retry has failed at its first attempt', async t => {
      let runs = 0
      const job = defineJob({
        name: 'gone',
        attempts: 5,
        backoff: { type: 'fixed', delay: 0 },
        run() {
          runs++
          throw new DoNotRetry('it is gone')
        },
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.push(job)
      await eventually(async () => assert.equal((await queue.counts())[0]?.failed, 1))
      assert.equal(runs, 1)
    })

    test('a released job runs again after its delay, and that counted as no attempt', async t => {
      const attempts: number[] = []
      const job = defineJob({
        name: 'patient',
        run({ attempt }) {
          attempts.push(attempt)
          if (attempts.length < 3) throw new Release('20ms', 'not yet')
        },
      })
      const { queue, consume, lines } = make(t, [job])
      await consume()
      await queue.push(job)
      await eventually(() => assert.ok(completed(lines)))
      assert.deepEqual(attempts, [1, 1, 1])
      const [{ failed } = { failed: -1 }] = await queue.counts()
      assert.equal(failed, 0)
    })

    test('a released job waits as a delayed one', async t => {
      const job = defineJob({
        name: 'much.later',
        run() {
          throw new Release('1h')
        },
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.push(job)
      await eventually(async () => assert.equal((await queue.counts())[0]?.delayed, 1))
    })

    test('a job that is retried until a time is over has failed after it, and not before', async t => {
      const begun: { attempt: number; at: number }[] = []
      const job = defineJob({
        name: 'persistent',
        retryUntil: '300ms',
        backoff: { type: 'fixed', delay: '100ms', jitter: 0 },
        run({ attempt }) {
          begun.push({ attempt, at: Date.now() })
          throw new Error('no luck')
        },
      })
      const { queue, consume } = make(t, [job])
      await consume()
      const pushedAt = Date.now()
      await queue.push(job)
      await eventually(async () => assert.equal((await queue.counts())[0]?.failed, 1))
      // On a busy machine the first attempt may be the last one: the time is over then.
      assert.ok(Number(begun.at(-1)?.at) >= pushedAt + 300, JSON.stringify([pushedAt, begun]))
      assert.deepEqual(
        begun.map(({ attempt }) => attempt),
        Array.from(begun.keys(), index => index + 1),
      )
    })

    test('the waits of a list and of a function are kept', async t => {
      const listed = defineJob({
        name: 'listed',
        attempts: 3,
        backoff: ['10ms', '20ms'],
        run: () => Promise.reject(new Error('no luck')),
      })
      const told: [number, string][] = []
      const counted = defineJob({
        name: 'counted',
        attempts: 3,
        backoff(attempt, { message }) {
          told.push([attempt, message])
          return attempt * 10
        },
        run: () => Promise.reject(new Error('no luck')),
      })
      const { queue, consume, lines } = make(t, [listed, counted])
      await consume()
      await Promise.all([queue.push(listed), queue.push(counted)])
      await eventually(async () => assert.equal((await queue.counts())[0]?.failed, 2))
      const waits = (name: string) =>
        lines.filter(({ msg, job }) => job === name && msg === 'job failed, to be retried')
      for (const name of ['listed', 'counted']) {
        assert.deepEqual(
          waits(name).map(line => line['retryInMs']),
          [10, 20],
        )
      }
      assert.deepEqual(told, [
        [1, 'no luck'],
        [2, 'no luck'],
      ])
    })

    test('a part that was stored is not run again by the next attempt, and gives what it gave', async t => {
      const ran: string[] = []
      const results: unknown[] = []
      const job = defineJob({
        name: 'parts',
        attempts: 3,
        backoff: { type: 'fixed', delay: '10ms' },
        async run({ checkpoint, attempt }) {
          const first = await checkpoint('first', () => ran.push('first') && { rows: [1, 'à'] })
          if (attempt === 1) throw new Error('no luck')
          await checkpoint('second: é', () => ran.push('second'))
          if (attempt === 2) throw new Error('no luck')
          results.push(first)
        },
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.push(job)
      await eventually(() => assert.deepEqual(results, [{ rows: [1, 'à'] }]))
      assert.deepEqual(ran, ['first', 'second'])
    })

    test('parts outlive their process, a hand-back, and the process that goes on with them', async t => {
      const ran: string[] = []
      const begun = Promise.withResolvers<void>()
      const done = Promise.withResolvers<unknown>()
      const job = defineJob({
        name: 'moved',
        async run({ checkpoint, signal }) {
          const rows = await checkpoint('rows', () => ran.push('rows') && [1, 2])
          begun.resolve()
          if (ran.length === 1) {
            ran.push('overlapping')
            return new Promise((_, reject) => signal.addEventListener('abort', reject))
          }
          return done.resolve(rows)
        },
      })
      const first = make(t, [job])
      const consumer = first.connection.carrier.consume({ queues: ['default'], concurrency: 1 })
      await consumer.start()
      await first.queue.pushIn(1, job)
      await begun.promise
      await consumer.stop(0)
      await first.sibling().consume()
      assert.deepEqual(await done.promise, [1, 2])
      assert.deepEqual(ran, ['rows', 'overlapping'])
    })

    test('two jobs of one name do not share their parts', async t => {
      const seen: number[] = []
      const job = defineJob({
        name: 'alike',
        payload: z.object({ n: z.int() }),
        run: async ({ payload, checkpoint }) => seen.push(await checkpoint('n', () => payload.n)),
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.pushMany(job, [{ n: 1 }, { n: 2 }])
      await eventually(() => assert.deepEqual(seen.toSorted(), [1, 2]))
    })

    test('a job that a job pushes knows its parent, and one that nobody’s job pushes has none', async t => {
      const parents: unknown[] = []
      const child = defineJob({
        name: 'child',
        payload: z.object({ n: z.int() }),
        run: ({ parent }) => void parents.push(parent),
      })
      const parent = defineJob({
        name: 'parent',
        queue: 'families',
        async run({ push, parent }) {
          parents.push(parent)
          const receipt = await push(child, { n: 1 }, { priority: 1 })
          return receipt.name
        },
      })
      const { queue, consume } = make(t, [parent, child])
      await consume()
      const { id } = await queue.push(parent)
      await eventually(() =>
        assert.deepEqual(parents, [undefined, { id, name: 'parent', queue: 'families' }]),
      )
    })

    test('a child with a wrong payload fails its parent’s attempt, as a push does', async t => {
      const child = defineJob({ name: 'child', payload: z.object({ n: z.int() }), run: () => 1 })
      const parent = defineJob({
        name: 'parent',
        run: ({ push }) => push(child, { n: 0.5 }),
      })
      const { queue, consume, lines } = make(t, [parent, child])
      await consume()
      await queue.push(parent)
      await eventually(async () => assert.equal((await queue.counts())[0]?.failed, 1))
      const line = lines.find(({ msg }) => msg === 'job failed')
      assert.match(JSON.stringify(line?.['err']), /child.*payload\.n/)
    })

    test('a payload of 5 MB arrives whole', async t => {
      const text = 'à'.repeat(2_500_000)
      const lengths: number[] = []
      const job = defineJob({
        name: 'large',
        payload: z.object({ text: z.string() }),
        run: ({ payload }) => void lengths.push(payload.text === text ? payload.text.length : -1),
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.push(job, { text })
      await eventually(() => assert.deepEqual(lengths, [2_500_000]))
    })

    test('a result of 5 MB arrives whole at the next job of its chain', async t => {
      const text = 'à'.repeat(2_500_000)
      const lengths: number[] = []
      const from = defineJob({ name: 'from', run: () => ({ text }) })
      const to = defineJob({
        name: 'to',
        payload: z.object({ text: z.string() }),
        run: ({ payload }) => void lengths.push(payload.text === text ? payload.text.length : -1),
      })
      const chain = defineChain({ name: 'large', start: from }).andThen(to, result => result)
      const { queue, consume } = make(t, [chain])
      await consume()
      await queue.push(chain)
      await eventually(() => assert.deepEqual(lengths, [2_500_000]))
    })

    test('a payload of 100 MB is refused at the push, with its size, and nothing is pushed', async t => {
      const job = defineJob({
        name: 'huge',
        payload: z.object({ text: z.string() }),
        run: () => assert.fail('it ran'),
      })
      const { queue } = make(t, [job])
      await assert.rejects(queue.push(job, { text: 'x'.repeat(100_000_000) }), error => {
        assert.ok(isEquipageError(error, 'E_PAYLOAD_SIZE'))
        assert.match(error.message, /"huge" takes 100000011 bytes .* 10000000 are allowed/)
        return true
      })
      assert.deepEqual(await left({ queue }), [0, 0, 0])
    })

    test('a payload may have keys that every object has as properties, and they are but keys', async t => {
      const seen: string[] = []
      const payload = JSON.parse(
        '{"constructor": {"prototype": {"polluted": true}}, "toString": 1, "hasOwnProperty": null}',
      )
      const job = defineJob({
        name: 'odd',
        payload: z.any(),
        run: context => void seen.push(JSON.stringify(context.payload)),
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.push(job, payload)
      await eventually(() => assert.deepEqual(seen, [JSON.stringify(payload)]))
      assert.equal(({} as { polluted?: unknown }).polluted, undefined)
    })

    test('a payload with a key __proto__ is refused at the push, wherever it stands', async t => {
      const job = defineJob({
        name: 'poisoned',
        payload: z.any(),
        run: () => assert.fail('it ran'),
      })
      const { queue } = make(t, [job])
      const payload = JSON.parse('{"filters": [{"__proto__": {"admin": true}}]}')
      await assert.rejects(queue.push(job, payload), {
        code: 'E_BAD_PAYLOAD',
        message: /payload\.filters\.0\.__proto__/,
      })
      assert.deepEqual(await left({ queue }), [0, 0, 0])
    })
  })
}

function completed(lines: Harness['lines']): boolean {
  return lines.some(({ msg }) => msg === 'job completed')
}

/** How many jobs of the first queue wait, are delayed and have failed. */
async function left({ queue }: Pick<Harness, 'queue'>): Promise<unknown[]> {
  const [counts] = await queue.counts()
  return [counts?.waiting, counts?.delayed, counts?.failed]
}
