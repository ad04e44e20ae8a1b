import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { defineJob, defineQueue } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { MakeHarness } from './harness.ts'

const numbered = z.object({ n: z.int() })

/** What every connection holds about the limits of a queue: they count over all workers. */
export function limitsConformance(name: string, make: MakeHarness): void {
  suite(`limits of queues over ${name}`, { concurrency: true }, () => {
    test('of a queue with a concurrency so many jobs run at a time, over two workers and those who push', async t => {
      let running = 0
      let most = 0
      let ended = 0
      const waiting: (() => void)[] = []
      const job = defineJob({
        name: 'print',
        queue: defineQueue({ name: 'printer', concurrency: 2 }),
        payload: numbered,
        async run() {
          most = Math.max(most, ++running)
          await new Promise<void>(resolve => waiting.push(resolve))
          running--
          ended++
        },
      })
      const harness = make(t, [job])
      const other = harness.sibling()
      await harness.consume()
      await other.consume()
      const pushes = Array.from({ length: 9 }, (_, n) =>
        (n % 2 === 0 ? harness : other).queue.push(job, { n }),
      )
      await eventually(() => assert.equal(running, 2))
      while (ended < 9) {
        await eventually(() => assert.ok(waiting.length > 0 || ended === 9))
        waiting.shift()?.()
        if (harness.passesAtOnce) await harness.pass(1_000)
      }
      await Promise.all(pushes)
      assert.equal(most, 2)
    })

    test('a job beyond the concurrency waits, and its push does not', async t => {
      const gate = Promise.withResolvers<void>()
      const job = defineJob({
        name: 'print',
        queue: defineQueue({ name: 'printer', concurrency: 1 }),
        run: () => gate.promise,
      })
      const harness = make(t, [job])
      await harness.consume()
      const first = harness.queue.push(job)
      await eventually(async () =>
        assert.equal((await harness.queue.counts(['printer']))[0]?.active, 1),
      )
      assert.equal((await harness.queue.push(job)).state, 'waiting')
      gate.resolve()
      await first
      await eventually(async () => {
        const [counts] = await harness.queue.counts(['printer'])
        assert.deepEqual([counts?.waiting, counts?.active], [0, 0])
      })
    })

    test('of a queue with a rate limit so many jobs begin within its time', async t => {
      const begun: number[] = []
      const job = defineJob({
        name: 'call',
        queue: defineQueue({ name: 'api', rateLimit: { max: 3, per: '3s' } }),
        payload: numbered,
        run: () => void begun.push(harness.passesAtOnce ? windows : performance.now()),
      })
      const harness = make(t, [job])
      let windows = 0
      await harness.consume()
      await harness.sibling().consume()
      await harness.queue.pushMany(
        job,
        Array.from({ length: 7 }, (_, n) => ({ n })),
      )
      while (harness.passesAtOnce && begun.length < 7) {
        await eventually(() => assert.ok(begun.length >= Math.min(7, (windows + 1) * 3)))
        windows++
        await harness.pass(3_000)
      }
      await eventually(() => assert.equal(begun.length, 7))
      if (harness.passesAtOnce) return assert.deepEqual(begun, [0, 0, 0, 1, 1, 1, 2])
      // The first of every four is a time before the last: less what a busy machine held the first
      // one back before it began.
      for (const [index, at] of begun.slice(3).entries())
        assert.ok(
          at - (begun[index] ?? 0) > 1_000,
          `four jobs began within ${at - (begun[index] ?? 0)} ms`,
        )
    })

    test('a queue that only a definition names is consumed and counted', async t => {
      const ran: string[] = []
      const reports = defineQueue({ name: 'reports' })
      const job = defineJob({ name: 'report', queue: reports, run: () => void ran.push('report') })
      const harness = make(t, [job])
      await harness.consume()
      await harness.queue.push(job)
      await eventually(() => assert.deepEqual(ran, ['report']))
      const counts = await harness.queue.counts()
      assert.deepEqual(
        counts.map(({ queue }) => queue),
        ['default', 'reports'],
      )
    })
  })
}
