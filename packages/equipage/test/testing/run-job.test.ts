import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { z } from 'zod'
import type { AnyApp } from '../../src/app/index.ts'
import { DoNotRetry, defineJob, type JobContext, Release } from '../../src/job/index.ts'
import { fakeQueue, runJob, VirtualClock } from '../../src/testing/index.ts'
import { shop, shopJobs } from './support/shop.ts'

const payload = z.object({ order: z.int(), due: z.coerce.date().optional() })
type Payload = z.output<typeof payload>

/** A shop with one job that does what the test says, up to three times. */
async function shopOf<Result>(
  t: TestContext,
  run: (context: JobContext<Payload>) => Promise<Result> | Result,
  env: Record<string, string> = {},
) {
  const backoff = { type: 'fixed', delay: '30s', jitter: 0 } as const
  const work = defineJob({ name: 'work', payload, attempts: 3, backoff, timeout: '5s', run })
  const { bill } = shopJobs()
  const app = await shop(t, { work, bill }, env)
  return { app, work, bill }
}

suite('one attempt of a job in a test', { concurrency: true }, () => {
  test('gives what the job returned, as JSON gives it back, and needs neither connection nor file', async t => {
    for (const connection of ['sync', 'redis']) {
      const { app, work } = await shopOf(
        t,
        ({ payload }) => ({ total: payload.order * 2, due: payload.due }),
        { QUEUE_CONNECTION: connection, REDIS_PORT: '1' },
      )
      const due = '2026-03-01T08:00:00.000Z'
      const run = await runJob(app, work, { order: 4, due })
      assert.equal(run.outcome, 'completed')
      assert.deepEqual(run.result, { total: 8, due })
      assert.deepEqual([run.job, run.payload], ['work', { order: 4, due }])
      assert.deepEqual([run.error, run.delayMs, run.reason], [undefined, undefined, undefined])
      assert.equal(existsSync(join(app.basePath, 'storage')), false)
    }
  })

  test('an isolated job runs in the process of the test', async t => {
    const run = () => process.pid
    const isolated = defineJob({ name: 'isolated', isolate: true, run })
    const app = await shop(t, { isolated })
    assert.equal((await runJob(app, isolated)).result, process.pid)
  })

  test('an attempt that throws is to be retried after its backoff, and the last one has failed', async t => {
    const { app, work } = await shopOf(t, ({ attempt }) => {
      throw new Error(`attempt ${attempt}`)
    })
    const first = await runJob(app, work, { order: 1 })
    assert.equal(first.outcome, 'retrying')
    assert.equal(first.error?.message, 'attempt 1')
    assert.equal(first.delayMs, 30_000)
    const last = await runJob(app, work, { order: 1 }, { attempt: 3 })
    assert.equal(last.outcome, 'failed')
    assert.equal(last.error?.message, 'attempt 3')
    assert.equal(last.delayMs, undefined)
    const more = await runJob(app, work, { order: 1 }, { attempt: 3, attempts: 4 })
    assert.equal(more.outcome, 'retrying')
  })

  test('a job can end itself for good, or ask for another time', async t => {
    const final = await shopOf(t, () => {
      throw new DoNotRetry('the order is gone')
    })
    const failed = await runJob(final.app, final.work, { order: 1 })
    assert.deepEqual([failed.outcome, failed.error?.message], ['failed', 'the order is gone'])
    const later = await shopOf(t, () => {
      throw new Release('10m', 'the till is closed')
    })
    const { outcome, delayMs, reason, error } = await runJob(later.app, later.work, { order: 1 })
    assert.deepEqual(
      [outcome, delayMs, reason, error],
      ['released', 600_000, 'the till is closed', undefined],
    )
  })

  test('a signal that is aborted releases the job, as a worker that stops', async t => {
    const { app, work } = await shopOf(t, async ({ signal }) => {
      signal.throwIfAborted()
      const { promise, reject } = Promise.withResolvers<never>()
      signal.addEventListener('abort', () => reject(signal.reason))
      return promise
    })
    const stopping = new AbortController()
    const running = runJob(app, work, { order: 1 }, { signal: stopping.signal })
    stopping.abort(new Error('the worker stops'))
    const { outcome, reason, delayMs } = await running
    assert.deepEqual([outcome, reason, delayMs], ['released', 'the worker stops', 0])
  })

  test("a job that takes too long has failed its attempt, by the application's clock", async t => {
    const begun = Promise.withResolvers<void>()
    const { app, work } = await shopOf(t, () => {
      begun.resolve()
      return new Promise<never>(() => undefined)
    })
    const clock = new VirtualClock('2026-03-01T08:00Z')
    app.replace('clock', clock)
    const running = runJob(app, work, { order: 1 })
    await begun.promise
    await clock.advance('5s')
    const { outcome, error } = await running
    assert.equal(outcome, 'retrying')
    assert.match(error?.message ?? '', /"work" took longer than its timeout/)
  })

  test('what cannot be a result fails the job for good', async t => {
    const { app, work } = await shopOf(t, () => ({ seen: new Set([1]) }))
    const { outcome, error } = await runJob(app, work, { order: 1 })
    assert.equal(outcome, 'failed')
    assert.equal((error as { code?: string } | undefined)?.code, 'E_NOT_JSON')
  })

  test('a mistake of the caller is thrown: a wrong payload, a job that is not registered, an attempt that is none', async t => {
    const { app, work } = await shopOf(t, () => null)
    const wrong = { order: 'one' } as never
    await assert.rejects(runJob(app, work, wrong), { code: 'E_BAD_PAYLOAD' })
    await assert.rejects(runJob(app, shopJobs().remind), { code: 'E_UNKNOWN_JOB' })
    for (const options of [{ attempt: 0 }, { attempts: 1.5 }])
      await assert.rejects(runJob(app, work, { order: 1 }, options), { code: 'E_BAD_OPTION' })
  })

  test('shows progress, log and what was pushed in its course', async t => {
    const { app, work, bill } = await shopOf(t, async ({ payload, app, log, progress, push }) => {
      progress(0.5)
      log.info({ order: payload.order }, 'half of it is done')
      progress({ done: 2, total: 2 })
      await push(bill, { order: payload.order })
      await (app as AnyApp).queue.pushIn('1h', bill, { order: 100 })
    })
    const run = await runJob(app, work, { order: 7 })
    assert.deepEqual(run.progress, [0.5, { done: 2, total: 2 }])
    const line = run.log.find(({ message }) => message === 'half of it is done')
    assert.deepEqual([line?.level, line?.['order'], line?.['job']], ['info', 7, 'work'])
    assert.deepEqual(
      run.pushed.map(({ job, payload, delayMs }) => [job, payload, delayMs]),
      [
        ['bill', { order: 7 }, 0],
        ['bill', { order: 100 }, 3_600_000],
      ],
    )
  })

  test('attempts side by side do not mix what they push, and the fake queue sees all of it', async t => {
    const met = Promise.withResolvers<void>()
    let here = 0
    const { app, work, bill } = await shopOf(t, async ({ payload, push }) => {
      if (++here === 2) met.resolve()
      await met.promise
      await push(bill, { order: payload.order })
    })
    const queue = fakeQueue(app)
    const runs = await Promise.all([1, 2].map(order => runJob(app, work, { order })))
    assert.deepEqual(
      runs.map(({ pushed }) => pushed.map(({ payload }) => payload)),
      [[{ order: 1 }], [{ order: 2 }]],
    )
    queue.assertPushedTimes(bill, 2)
    queue.assertNotPushed(work)
  })

  test('is given the tick that it is told of', async t => {
    const { app, work } = await shopOf(t, ({ tick }) => tick ?? null)
    const scheduledFor = new Date('2026-03-01T03:00Z')
    const tick = { schedule: 'nightly', scheduledFor }
    assert.equal((await runJob(app, work, { order: 1 })).result, null)
    assert.deepEqual((await runJob(app, work, { order: 1 }, { tick })).result, {
      schedule: 'nightly',
      scheduledFor: '2026-03-01T03:00:00.000Z',
      previous: null,
      lagMs: 0,
      misfire: false,
    })
    const late = { ...tick, previous: new Date('2026-02-28T03:00Z'), lagMs: 7, misfire: true }
    assert.deepEqual((await runJob(app, work, { order: 1 }, { tick: late })).result, {
      ...late,
      scheduledFor: '2026-03-01T03:00:00.000Z',
      previous: '2026-02-28T03:00:00.000Z',
    })
  })

  test('goes on from the checkpoints of the attempt before', async t => {
    const done: string[] = []
    const { app, work } = await shopOf(t, async ({ attempt, checkpoint }) => {
      const paid = await checkpoint('pay', () => {
        done.push('pay')
        return { receipt: 17 }
      })
      if (attempt === 1) throw new Error('no stamps')
      const sent = await checkpoint('send', () => void done.push('send'))
      return { paid, sent }
    })
    const first = await runJob(app, work, { order: 1 })
    assert.deepEqual(first.checkpoints, { pay: { receipt: 17 } })
    const { checkpoints } = first
    const second = await runJob(app, work, { order: 1 }, { attempt: 2, checkpoints })
    assert.deepEqual(second.result, { paid: { receipt: 17 }, sent: null })
    assert.deepEqual(second.checkpoints, { pay: { receipt: 17 }, send: null })
    assert.deepEqual(done, ['pay', 'send'])
    const other = await runJob(app, work, { order: 1 }, { checkpoints: { pay: 'cash' } })
    assert.deepEqual(other.checkpoints, { pay: 'cash' })
  })

  test('a job that is limited by time has failed when its time is over', async t => {
    const poll = defineJob({
      name: 'poll',
      retryUntil: '1h',
      run: () => {
        throw new Error('nothing there')
      },
    })
    const app = await shop(t, { poll })
    app.replace('clock', new VirtualClock('2026-03-01T08:00Z'))
    const early = await runJob(app, poll, {}, { pushedAt: new Date('2026-03-01T07:30Z') })
    assert.equal(early.outcome, 'retrying')
    const late = await runJob(app, poll, {}, { pushedAt: new Date('2026-03-01T07:00Z') })
    assert.equal(late.outcome, 'failed')
  })

  test('runs inside of its middleware, and those who listen to events hear of it', async t => {
    const seen: string[] = []
    const timed = defineJob({
      name: 'timed',
      middleware: [
        async (_context, next) => {
          seen.push('before')
          const result = await next()
          seen.push('after')
          return result
        },
      ],
      run: () => void seen.push('run'),
    })
    const app = await shop(t, { timed })
    app.events.on('job:completed', ({ name }) => void seen.push(`${name} completed`))
    await runJob(app, timed)
    assert.deepEqual(seen, ['before', 'run', 'after', 'timed completed'])
  })
})
