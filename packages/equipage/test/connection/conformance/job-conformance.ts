import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { isEquipageError } from '../../../src/core/errors.ts'
import { defineChain, defineJob, type JobContext } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { MakeHarness } from './harness.ts'

/** What every connection holds about jobs; the same code runs on each. */
export function jobConformance(name: string, make: MakeHarness): void {
  suite(`jobs over ${name}`, { concurrency: true }, () => {
    test('a pushed job runs once with its payload, its id and the application', async t => {
      const seen: JobContext<unknown>[] = []
      const job = defineJob({
        name: 'greet',
        payload: z.object({ who: z.string() }),
        run: context => void seen.push(context),
      })
      const { queue, consume } = make(t, [job])
      await consume()
      const receipt = await queue.push(job, { who: 'Ada' })
      await eventually(() => assert.equal(seen.length, 1))
      const [context] = seen
      assert.deepEqual(context?.payload, { who: 'Ada' })
      assert.equal(context?.jobId, receipt.id)
      assert.deepEqual(context?.app, { name: 'the application' })
      assert.equal(context?.attempt, 1)
      assert.equal(context?.signal.aborted, false)
    })

    test('a payload crosses a JSON boundary, so a Date arrives as text', async t => {
      const seen: unknown[] = []
      const job = defineJob({
        name: 'dated',
        payload: z.object({ at: z.union([z.string(), z.date()]) }),
        run: ({ payload }) => void seen.push(payload.at),
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.push(job, { at: new Date('2001-02-03T04:05:06Z') })
      await eventually(() => assert.deepEqual(seen, ['2001-02-03T04:05:06.000Z']))
    })

    test('what a schema makes of a payload reaches the job, and its data stays as it was pushed', async t => {
      const seen: unknown[] = []
      const job = defineJob({
        name: 'counted',
        payload: z.object({ n: z.string().transform(Number), size: z.number().default(3) }),
        run: ({ payload }) => void seen.push(payload),
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.push(job, { n: '7' })
      await eventually(() => assert.deepEqual(seen, [{ n: 7, size: 3 }]))
    })

    test('a wrong payload, an unregistered job and a wrong priority are thrown at the pusher', async t => {
      const job = defineJob({ name: 'strict', payload: z.object({ id: z.int() }), run: () => 1 })
      const stranger = defineJob({ name: 'stranger', run: () => 1 })
      const { queue } = make(t, [job])
      const wrong = { id: 'seven' } as unknown as { id: number }
      await assert.rejects(queue.push(job, wrong), error => {
        assert.ok(isEquipageError(error, 'E_BAD_PAYLOAD'))
        assert.match(error.message, /"strict".*payload\.id/)
        return true
      })
      await assert.rejects(queue.push(stranger), { code: 'E_UNKNOWN_JOB' })
      await assert.rejects(queue.push(job, { id: 1 }, { priority: -1 }), { code: 'E_BAD_OPTION' })
      const counts = await queue.counts()
      assert.deepEqual(
        counts.map(({ waiting, delayed, failed }) => [waiting, delayed, failed]),
        [[0, 0, 0]],
      )
    })

    test('a job that fails is tried again, as often as it may, and counts its attempts', async t => {
      const attempts: number[] = []
      const job = defineJob({
        name: 'flaky',
        attempts: 3,
        backoff: { type: 'fixed', delay: '20ms' },
        run({ attempt }) {
          attempts.push(attempt)
          if (attempt < 3) throw new Error(`attempt ${attempt} fails`)
        },
      })
      const { queue, consume, lines } = make(t, [job])
      await consume()
      await queue.push(job)
      await eventually(() => assert.ok(lines.some(line => line.msg === 'job completed')))
      assert.deepEqual(attempts, [1, 2, 3])
    })

    test('a job whose attempts are used up has failed, and is kept', async t => {
      const job = defineJob({
        name: 'hopeless',
        attempts: 2,
        backoff: { type: 'fixed', delay: 0 },
        run: () => Promise.reject(new Error('always')),
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.push(job)
      await eventually(async () => assert.equal((await queue.counts())[0]?.failed, 1))
    })

    test('a job that throws a text fails with an error that says so', async t => {
      const job = defineJob({
        name: 'thrower',
        run: () => {
          throw 'just a text'
        },
      })
      const { queue, consume, lines } = make(t, [job])
      await consume()
      await queue.push(job)
      const line = await eventually(() => {
        const found = lines.find(({ msg }) => msg === 'job failed')
        assert.ok(found)
        return found
      })
      assert.match(JSON.stringify(line['err']), /'just a text' was thrown, which is not an Error/)
    })

    test('a result that is not JSON fails the job at once, however many attempts it has', async t => {
      let runs = 0
      const job = defineJob({
        name: 'mapper',
        attempts: 5,
        backoff: { type: 'fixed', delay: 0 },
        run: () => {
          runs++
          return { found: new Map() }
        },
      })
      const { queue, consume, lines } = make(t, [job])
      await consume()
      await queue.push(job)
      await eventually(async () => assert.equal((await queue.counts())[0]?.failed, 1))
      assert.equal(runs, 1)
      const line = lines.find(({ msg }) => msg === 'job failed')
      assert.match(
        JSON.stringify(line?.['err']),
        /result of job .*mapper.* is not JSON at found: an instance of Map/,
      )
    })

    test('an attempt that takes longer than its timeout has its signal aborted, and fails', async t => {
      const reasons: unknown[] = []
      const job = defineJob({
        name: 'sleeper',
        timeout: '30ms',
        run: async ({ signal }) => {
          await once(signal, 'abort')
          reasons.push(signal.reason)
        },
      })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.push(job)
      await eventually(async () => assert.equal((await queue.counts())[0]?.failed, 1))
      assert.ok(isEquipageError(reasons[0], 'E_JOB_TIMEOUT'))
    })

    test('a delayed job is kept, and runs when it is due, in whichever process consumes', async t => {
      const ran: number[] = []
      const job = defineJob({ name: 'later', run: () => void ran.push(Date.now()) })
      const { queue, sibling } = make(t, [job])
      const pushedAt = Date.now()
      const receipt = await queue.pushIn('150ms', job)
      assert.equal(receipt.state, 'delayed')
      await sibling().consume()
      await eventually(() => assert.equal(ran.length, 1))
      assert.ok((ran[0] ?? 0) >= pushedAt + 150)
    })

    test('a job that is not due yet counts as delayed', async t => {
      const job = defineJob({ name: 'much.later', run: () => 1 })
      const { queue } = make(t, [job])
      await queue.pushIn('1h', job)
      assert.equal((await queue.counts())[0]?.delayed, 1)
    })

    test('a job pushed for a moment in the past runs now', async t => {
      let runs = 0
      const job = defineJob({ name: 'overdue', run: () => void runs++ })
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.pushAt(new Date('2001-01-01'), job)
      await eventually(() => assert.equal(runs, 1))
      await assert.rejects(queue.pushAt(new Date('never'), job), { code: 'E_BAD_OPTION' })
    })

    test('many payloads give many jobs, and one wrong payload pushes none', async t => {
      const seen = new Set<number>()
      const job = defineJob({
        name: 'many',
        payload: z.object({ n: z.int() }),
        run: ({ payload }) => void seen.add(payload.n),
      })
      const { queue, consume } = make(t, [job])
      await consume()
      const payloads = Array.from({ length: 300 }, (_, n) => ({ n }))
      await assert.rejects(queue.pushMany(job, [...payloads, { n: 0.5 }]), {
        code: 'E_BAD_PAYLOAD',
      })
      assert.equal(seen.size, 0)
      const receipts = await queue.pushMany(job, payloads)
      assert.equal(new Set(receipts.map(({ id }) => id)).size, 300)
      await eventually(() => assert.equal(seen.size, 300))
    })

    test('a chain hands each result on to the next job', async t => {
      const seen: unknown[] = []
      const double = defineJob({
        name: 'double',
        payload: z.object({ n: z.number() }),
        run: ({ payload }) => ({ doubled: payload.n * 2 }),
      })
      const tell = defineJob({
        name: 'tell',
        payload: z.object({ text: z.string() }),
        run: ({ payload }) => void seen.push(payload.text),
      })
      const chain = defineChain({ name: 'double.twice', start: double })
        .andThen(double, result => ({ n: result.doubled }))
        .andThen(tell, result => ({ text: `it is ${result.doubled}` }))
      const { queue, consume } = make(t, [chain])
      await consume()
      const receipt = await queue.push(chain, { n: 3 })
      assert.equal(receipt.name, 'double.twice')
      await eventually(() => assert.deepEqual(seen, ['it is 12']))
    })

    test('a hand-over that fails ends its chain with an error that names chain and job', async t => {
      const found = null as { n: number } | null
      const start = defineJob({ name: 'start', run: () => ({ found }) })
      const next = defineJob({ name: 'next', payload: z.object({ n: z.number() }), run: () => 1 })
      const chain = defineChain({ name: 'broken', start }).andThen(next, result => ({
        n: (result.found as { n: number }).n,
      }))
      const { queue, consume, lines } = make(t, [chain])
      await consume()
      await queue.push(chain)
      await eventually(async () => assert.equal((await queue.counts())[0]?.failed, 1))
      const line = lines.find(({ msg }) => msg === 'job failed')
      assert.match(
        JSON.stringify(line?.['err']),
        /chain .*broken.* could not make the payload of .*next/,
      )
    })

    test('of jobs that wait, the one with the lower priority number runs first', async t => {
      const order: number[] = []
      const job = defineJob({
        name: 'ranked',
        payload: z.object({ n: z.int() }),
        run: ({ payload }) => void order.push(payload.n),
      })
      const { queue, consume } = make(t, [job])
      await queue.pause('default')
      for (const n of [5, 1, 3]) await queue.push(job, { n }, { priority: n })
      await queue.resume('default')
      await consume(1)
      await eventually(() => assert.deepEqual(order, [1, 3, 5]))
    })

    test('a stop lets a running job end within the grace period', async t => {
      const begun = Promise.withResolvers<void>()
      const deployment = Promise.withResolvers<void>()
      const job = defineJob({
        name: 'patient',
        async run() {
          begun.resolve()
          await deployment.promise
        },
      })
      const { queue, connection, lines } = make(t, [job])
      const consumer = connection.carrier.consume({ queues: ['default'], concurrency: 1 })
      await consumer.start()
      await queue.pushIn(1, job)
      await begun.promise
      const stopped = consumer.stop(60_000)
      deployment.resolve()
      assert.deepEqual(await stopped, { handedBack: 0 })
      assert.ok(lines.some(line => line.msg === 'job completed'))
    })

    test('a job that does not end within the grace period is handed back, and runs again elsewhere', async t => {
      const attempts: number[] = []
      const begun = Promise.withResolvers<void>()
      const job = defineJob({
        name: 'stubborn',
        async run({ attempt, signal }) {
          attempts.push(attempt)
          begun.resolve()
          if (attempts.length === 1)
            await once(signal, 'abort').then(() => Promise.reject(new Error('let go')))
        },
      })
      const first = make(t, [job])
      const consumer = first.connection.carrier.consume({ queues: ['default'], concurrency: 1 })
      await consumer.start()
      await first.queue.pushIn(1, job)
      await begun.promise
      assert.deepEqual(await consumer.stop(10), { handedBack: 1 })
      await first.sibling().consume()
      await eventually(() => assert.deepEqual(attempts, [1, 1]))
    })

    test('stopping before the start, and twice, is fine', async t => {
      const { connection } = make(t, [])
      const consumer = connection.carrier.consume({ queues: ['default'], concurrency: 1 })
      assert.deepEqual(await consumer.stop(0), { handedBack: 0 })
      assert.deepEqual(await consumer.stop(0), { handedBack: 0 })
      await connection.stop(0)
      await connection.stop(0)
    })
  })
}
