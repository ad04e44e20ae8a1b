import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { z } from 'zod'
import type { StoredJob } from '../../../src/connection/index.ts'
import { isEquipageError } from '../../../src/core/errors.ts'
import { processName } from '../../../src/core/process-name.ts'
import { defineChain, defineGroup, defineJob } from '../../../src/job/index.ts'
import type { Queue } from '../../../src/queue/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { MakeHarness } from './harness.ts'
import { hourly, prepared, pushing, registered } from './tick-support.ts'

/** What every connection holds about looking after queues; the same code runs on each. */
export function adminConformance(name: string, make: MakeHarness): void {
  suite(`looking after queues over ${name}`, { concurrency: true }, () => {
    const idle = defineJob({
      name: 'idle',
      queue: 'reports',
      payload: z.object({ n: z.int() }),
      run: () => null,
    })
    const ids = (jobs: readonly StoredJob[]) => jobs.map(job => job.id)

    /** A job that fails until it is told otherwise. */
    const failing = () => {
      const mood = { good: false, runs: 0 }
      const job = defineJob({
        name: 'moody',
        attempts: 2,
        backoff: { type: 'fixed', delay: 0 },
        payload: z.object({ n: z.int() }),
        run() {
          mood.runs++
          if (!mood.good) throw new Error('out of paper')
        },
      })
      return { job, mood }
    }

    const failed = (queue: Queue, count: number) =>
      eventually(async () => {
        const jobs = await queue.list('default', { state: 'failed' })
        assert.equal(jobs.length, count)
        return jobs
      })

    test('jobs are listed by state, the newest first, page by page', async t => {
      const { queue } = make(t, [idle])
      await queue.pause('reports')
      const pushed: string[] = []
      for (let n = 0; n < 5; n++) pushed.push((await queue.push(idle, { n })).id)
      const late = await queue.pushIn('1h', idle, { n: 5 })
      const urgent = await queue.push(idle, { n: 6 }, { priority: 3 })
      const list = (offset: number, limit: number) =>
        queue.list('reports', { state: 'waiting', offset, limit })
      const newest = pushed.toReversed()
      assert.deepEqual(ids(await list(0, 3)), newest.slice(0, 3))
      assert.deepEqual(ids(await list(3, 2)), newest.slice(3))
      assert.deepEqual(ids(await list(4, 9)), [pushed[0], urgent.id])
      assert.deepEqual(ids(await list(6, 9)), [])
      assert.deepEqual(ids(await queue.list('reports', { state: 'delayed' })), [late.id])
      assert.deepEqual(ids(await queue.list('reports')), [...newest, urgent.id, late.id])
      const across = await queue.list('reports', { offset: 5, limit: 9 })
      assert.deepEqual(ids(across), [urgent.id, late.id])
    })

    test('a job is found by its id in all queues, with what it carries', async t => {
      const { queue, sibling } = make(t, [idle])
      const receipt = await queue.pushIn('1h', idle, { n: 7 }, { priority: 4 })
      const job = await sibling().queue.find(receipt.id)
      assert.deepEqual(
        [job?.id, job?.name, job?.queue, job?.state, job?.data, job?.priority],
        [receipt.id, 'idle', 'reports', 'delayed', { n: 7 }, 4],
      )
      assert.deepEqual([job?.attemptsMade, job?.attempts, job?.error], [0, 1, null])
      assert.ok(job?.dueAt && job.dueAt >= job.pushedAt + 3_600_000)
      assert.deepEqual([job.startedAt, job.endedAt], [null, null])
      assert.equal(await queue.find('no-such-id'), undefined)
      assert.equal(await queue.find(receipt.id, { queue: 'default' }), undefined)
    })

    test('a failed job tells its error with its stack, its attempts, and who ran it', async t => {
      const { job } = failing()
      const { queue, consume } = make(t, [job])
      await consume()
      const { id } = await queue.push(job, { n: 1 })
      const [found] = await failed(queue, 1)
      assert.equal(found?.id, id)
      assert.equal(found.error?.message, 'out of paper')
      assert.match(found.error?.stack ?? '', /out of paper\n.*at .*admin-conformance/s)
      assert.deepEqual([found.attemptsMade, found.attempts], [2, 2])
      assert.equal(found.worker, processName())
      assert.ok(found.endedAt && found.endedAt >= found.pushedAt)
    })

    test('a retried job has all its attempts again, and runs', async t => {
      const { job, mood } = failing()
      const { queue, consume, sibling } = make(t, [job])
      await consume()
      const { id } = await queue.push(job, { n: 1 })
      await failed(queue, 1)
      await sibling().queue.retry(id)
      await eventually(() => assert.equal(mood.runs, 4))
      await failed(queue, 1)
      mood.good = true
      const [before] = await queue.retry(id)
      assert.equal(before?.state, 'failed')
      await eventually(() => assert.equal(mood.runs, 5))
      await failed(queue, 0)
    })

    test('a failed job of a group that is retried and completes goes on with the group', async t => {
      const { job, mood } = failing()
      const last = defineJob({ name: 'last', run: () => 'all done' })
      const group = defineGroup({ name: 'all' })
        .with('one', job, () => ({ n: 1 }))
        .andThen(last, () => ({}))
      const { queue, consume, events } = make(t, [group])
      const ends: string[] = []
      events.on('group:failed', () => ends.push('failed'))
      events.on('group:completed', ({ result }) => ends.push(String(result)))
      await consume()
      await queue.push(group)
      await eventually(() => assert.deepEqual(ends, ['failed']))
      const [found] = await failed(queue, 1)
      mood.good = true
      await queue.retry(String(found?.id))
      await eventually(() => assert.deepEqual(ends, ['failed', 'all done']))
    })

    test('a failed last job that is retried and completes is the end of its group', async t => {
      const { job, mood } = failing()
      const first = defineJob({ name: 'first', run: () => null })
      const group = defineGroup({ name: 'all' })
        .with('one', first, () => ({}))
        .andThen(job, () => ({ n: 1 }))
      const { queue, consume, events, connection } = make(t, [group])
      const ends: string[] = []
      events.on('group:failed', ({ error }) => ends.push(error.message))
      events.on('group:completed', () => ends.push('completed'))
      await consume()
      await queue.push(group)
      await eventually(() => assert.deepEqual(ends, ['out of paper']))
      const [found] = await failed(queue, 1)
      mood.good = true
      await queue.retry(String(found?.id))
      await eventually(() => assert.deepEqual(ends, ['out of paper', 'completed']))
      assert.deepEqual(await connection.groups.unfinished(0), [])
    })

    test('all failed jobs of a queue are retried at once', async t => {
      const { job, mood } = failing()
      const { queue, consume } = make(t, [job])
      await consume()
      await queue.pushMany(job, [{ n: 1 }, { n: 2 }, { n: 3 }])
      await failed(queue, 3)
      mood.good = true
      assert.equal(await queue.retryAll('default'), 3)
      await eventually(() => assert.equal(mood.runs, 9))
      await failed(queue, 0)
      assert.equal(await queue.retryAll('default'), 0)
    })

    test('only failed jobs are retried, and one wrong id changes nothing', async t => {
      const { job } = failing()
      const { queue, consume } = make(t, [job, idle])
      await consume()
      const { id } = await queue.push(job, { n: 1 })
      const late = await queue.pushIn('1h', job, { n: 1 })
      await failed(queue, 1)
      const state = { code: 'E_JOB_STATE', message: /is delayed; only failed jobs can be retried/ }
      await assert.rejects(queue.retry([id, late.id]), state)
      await assert.rejects(queue.retry([id, 'gone']), {
        code: 'E_UNKNOWN_JOB_ID',
        message: /no job 'gone' in the queues default, reports/,
      })
      await failed(queue, 1)
    })

    test('a unique job is not retried while another of its key waits, and holds its key when it is', async t => {
      let runs = 0
      const job = defineJob({
        name: 'alone',
        unique: true,
        payload: z.object({ n: z.int() }),
        run() {
          runs++
          throw new Error('out of paper')
        },
      })
      const { queue, consume } = make(t, [job])
      await consume()
      const { id } = await queue.push(job, { n: 1 })
      await failed(queue, 1)
      const later = await queue.pushIn('1h', job, { n: 1 })
      assert.equal(later.state, 'delayed')
      const other = await queue.push(job, { n: 2 })
      await failed(queue, 2)
      await assert.rejects(queue.retry(id), {
        code: 'E_JOB_CONFLICTING',
        message: new RegExp(`while job '${later.id}' of the same key waits or runs`),
      })
      assert.equal(await queue.retryAll('default'), 1)
      await eventually(() => assert.equal(runs, 3))
      await failed(queue, 2)
      await queue.forget(later.id)
      await queue.pause('default')
      await queue.retry(id)
      assert.equal((await queue.push(job, { n: 1 })).state, 'refused')
      await queue.resume('default')
      await eventually(() => assert.equal(runs, 4))
      await failed(queue, 2)
      await queue.pause('default')
      assert.equal((await queue.push(job, { n: 1 })).state, 'waiting')
      assert.ok(await queue.find(other.id))
    })

    test('failed, waiting and delayed jobs can be forgotten', async t => {
      const { job, mood } = failing()
      const { queue, consume } = make(t, [job, idle])
      await queue.pause('reports')
      await consume()
      const pushed = [
        await queue.push(job, { n: 1 }),
        await queue.push(idle, { n: 1 }),
        await queue.pushIn('1h', idle, { n: 2 }),
      ]
      await failed(queue, 1)
      for (const { id, queue: where } of pushed) {
        await queue.forget(id, { queue: where })
        assert.equal(await queue.find(id, { queue: where }), undefined)
        await assert.rejects(queue.forget(id, { queue: where }), { code: 'E_UNKNOWN_JOB_ID' })
      }
      assert.equal(mood.runs, 2)
    })

    test('a queue is cleared of what waits, and keeps what has failed', async t => {
      const { job } = failing()
      const { queue, consume } = make(t, [job, idle])
      await consume()
      await queue.push(job, { n: 1 })
      await failed(queue, 1)
      await queue.pause()
      await queue.push(job, { n: 2 })
      await queue.push(job, { n: 3 }, { priority: 2 })
      await queue.pushIn('1h', job, { n: 4 })
      await queue.push(idle, { n: 5 })
      assert.deepEqual(await queue.clear('default'), { waiting: 2, delayed: 1 })
      const counts = await queue.counts()
      assert.deepEqual(
        counts.map(({ waiting, delayed, failed }) => [waiting, delayed, failed]),
        [
          [0, 0, 1],
          [1, 0, 0],
        ],
      )
    })

    test('a paused queue begins no job in any process, keeps pushes, and goes on where it stood', async t => {
      const ran: number[] = []
      const job = defineJob({
        name: 'counted',
        payload: z.object({ n: z.int() }),
        run: ({ payload }) => void ran.push(payload.n),
      })
      const other = defineJob({ name: 'other', queue: 'others', run: () => void ran.push(0) })
      const { queue, consume, sibling } = make(t, [job, other])
      await consume()
      const away = sibling()
      assert.deepEqual(await away.queue.pause('default'), [
        { queue: 'default', paused: true, changed: true },
      ])
      assert.deepEqual(await queue.pause('default'), [
        { queue: 'default', paused: true, changed: false },
      ])
      assert.deepEqual(await queue.paused(), ['default'])
      const receipt = await queue.push(job, { n: 1 })
      assert.equal(receipt.state, 'waiting')
      await queue.push(other)
      await eventually(() => assert.deepEqual(ran, [0]))
      assert.equal((await queue.counts(['default']))[0]?.waiting, 1)
      await away.queue.resume()
      await eventually(() => assert.deepEqual(ran, [0, 1]))
      assert.deepEqual(await queue.paused(), [])
    })

    test('a worker that starts while its queue is paused waits for its end', async t => {
      const ran: number[] = []
      const job = defineJob({ name: 'overlapping', run: () => void ran.push(1) })
      const witness = defineJob({ name: 'witness', queue: 'others', run: () => void ran.push(0) })
      const { queue, sibling } = make(t, [job, witness])
      await queue.pause('default')
      await queue.push(job)
      await queue.pushIn('1ms', job)
      // In the same worker, and due after the others.
      await queue.pushIn('5ms', witness)
      await sibling().consume()
      await eventually(() => assert.deepEqual(ran, [0]))
      await queue.resume('default')
      await eventually(() => assert.deepEqual(ran, [0, 1, 1]))
    })

    test('the job of a tick, and the next one of a chain, wait in a paused queue as others do', async t => {
      const ran: string[] = []
      const first = defineJob({ name: 'first', run: () => void ran.push('first') })
      const second = defineJob({
        name: 'second',
        queue: 'others',
        run: () => void ran.push('second'),
      })
      const chain = defineChain({ name: 'both', start: first }).andThen(second, () => ({}))
      const h = make(t, [chain])
      const { cursor } = await registered(h, hourly)
      await h.queue.pause('others')
      await h.consume()
      await h.queue.push(chain)
      await eventually(() => assert.deepEqual(ran, ['first']))
      const job = await prepared(h, second)
      const answer = await h.connection.ticks.claim(pushing(hourly, cursor, cursor + 1, job))
      assert.equal(answer.outcome, 'claimed')
      await eventually(async () =>
        assert.equal((await h.queue.list('others', { state: 'waiting' })).length, 2),
      )
      assert.deepEqual(ran, ['first'])
      await h.queue.resume('others')
      await eventually(() => assert.deepEqual(ran, ['first', 'second', 'second']))
    })

    test('a job that runs in another process is aborted, fails with that reason, and is not retried', async t => {
      const { job, started, reasons } = endless({ attempts: 3 })
      const h = make(t, [job])
      await h.queue.pushIn('1ms', job)
      await h.sibling().consume()
      await eventually(() => assert.equal(started.length, 1))
      const [id = ''] = started
      assert.equal((await h.queue.find(id))?.state, 'active')
      assert.equal((await h.queue.find(id))?.worker, processName())
      await assert.rejects(h.queue.forget(id), { code: 'E_JOB_STATE', message: /cancel it/ })
      assert.equal(await h.queue.cancel(id), 'aborting')
      const [found] = await eventually(async () => {
        const jobs = await h.queue.list('default', { state: 'failed' })
        assert.equal(jobs.length, 1)
        return jobs
      })
      assert.ok(isEquipageError(reasons[0], 'E_JOB_CANCELLED'))
      assert.match(found?.error?.message ?? '', /job "endless" \(.+\) was cancelled while it ran/)
      assert.equal(started.length, 1)
      await assert.rejects(h.queue.cancel(id), { code: 'E_JOB_STATE', message: /is failed; only/ })
      await h.queue.retry(id)
      await eventually(() => assert.equal(started.length, 2))
      assert.equal((await h.queue.find(id))?.state, 'active')
      await h.queue.cancel(id)
      await eventually(async () => {
        assert.equal((await h.queue.find(id))?.state, 'failed')
      })
    })

    test('a job that waits is removed when it is cancelled', async t => {
      const { job, started } = endless({ attempts: 1 })
      const { queue, sibling } = make(t, [job])
      await queue.pause('default')
      const waiting = await queue.push(job)
      const late = await queue.pushIn('1h', job)
      assert.equal(await queue.cancel(waiting.id), 'removed')
      assert.equal(await sibling().queue.cancel(late.id), 'removed')
      await assert.rejects(queue.cancel(late.id), { code: 'E_UNKNOWN_JOB_ID' })
      assert.deepEqual(started, [])
    })

    test('progress of a job that runs is seen from another process', async t => {
      const told = Promise.withResolvers<void>()
      const job = defineJob({
        name: 'telling',
        async run({ progress, signal }) {
          progress({ done: 3, total: 10 })
          told.resolve()
          await once(signal, 'abort')
        },
      })
      const h = make(t, [job])
      const { id } = await h.queue.pushIn('1ms', job)
      await h.sibling().consume()
      await told.promise
      await eventually(async () => {
        assert.deepEqual((await h.queue.find(id))?.progress, { done: 3, total: 10 })
      })
      await h.queue.cancel(id)
    })

    test('a queue that is not known is refused, with the one that was meant', async t => {
      const { queue } = make(t, [idle])
      const unknown = { code: 'E_UNKNOWN_QUEUE', message: /did you mean "reports"\?/ }
      await assert.rejects(queue.pause('default', 'reprots'), unknown)
      await assert.rejects(queue.list('reprots'), unknown)
      await assert.rejects(queue.clear('reprots'), unknown)
      await assert.rejects(queue.retryAll('reprots'), unknown)
      await assert.rejects(queue.find('1', { queue: 'reprots' }), unknown)
      assert.deepEqual(await queue.paused(), [])
      for (const options of [
        { limit: 0 },
        { offset: -1 },
        { limit: 1.5 },
        { state: 'x' as never },
      ]) {
        await assert.rejects(queue.list('reports', options), { code: 'E_BAD_OPTION' })
      }
    })

    test('a queue that only has jobs left is known too', async t => {
      const old = defineJob({ name: 'old', queue: 'retired', run: () => null })
      const before = make(t, [old])
      await before.queue.pushIn('1h', old)
      const { queue } = before.sibling([idle])
      assert.equal((await queue.list('retired')).length, 1)
      assert.deepEqual(await queue.clear('retired'), { waiting: 0, delayed: 1 })
    })
  })
}

/** A job that ends only when its signal is aborted. */
function endless({ attempts }: { attempts: number }) {
  const started: string[] = []
  const reasons: unknown[] = []
  const job = defineJob({
    name: 'endless',
    attempts,
    backoff: { type: 'fixed', delay: 0 },
    async run({ signal, jobId }) {
      started.push(jobId)
      await once(signal, 'abort')
      reasons.push(signal.reason)
      throw new Error('its own word for it')
    },
  })
  return { job, started, reasons }
}
