import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import type { AnyApp } from '../../src/app/index.ts'
import { defineChain, defineGroup, defineJob } from '../../src/index.ts'
import { type FakeQueue, runChain, runJob, type TimeTravel } from '../../src/testing/index.ts'

// What is written here is never run: the compiler reads it, and `tsc -p .` fails where a line
// that is marked as an error compiles, or one that is not marked does not.

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <A, B>(..._: Same<A, B> extends true ? [] : ['these types differ']): void => undefined

const report = defineJob({
  name: 'report',
  payload: z.object({ id: z.number(), limit: z.number().default(10) }),
  run: ({ payload }) => ({ rows: payload.limit }),
})
const bare = defineJob({ name: 'bare', run: async () => 'done' })
const day = defineChain({ name: 'day', start: report }).andThen(bare, () => ({}))
const whole = defineGroup({ name: 'whole', payload: z.object({ day: z.string() }) })
  .with('one', report, () => ({ id: 1 }))
  .andThen(bare, () => ({}))

/** Never called. */
const written = {
  assertions(queue: FakeQueue | TimeTravel) {
    queue.assertPushed(report)
    queue.assertPushed(report, { id: 7 })
    queue.assertPushed(report, { limit: 7 })
    queue.assertPushed(report, ({ id }, { queue, delayMs }) => id + delayMs > queue.length)
    queue.assertPushed(bare)
    queue.assertPushed(day, { id: 7 })
    queue.assertChained(day, ({ id }) => id === 7)
    queue.assertGrouped(whole, { day: 'monday' })
    queue.assertPushedOn('reports', report, { id: 7 })
    queue.assertDelayed(report, '10m')
    const [pushed] = queue.pushed(report)
    same<
      typeof pushed,
      | import('../../src/testing/index.ts').Pushed<{
          id: number
          limit?: number | undefined
        }>
      | undefined
    >()
    // @ts-expect-error the job has no such field
    queue.assertPushed(report, { name: 'seven' })
    // @ts-expect-error a field of another type
    queue.assertPushed(report, { id: 'seven' })
    // @ts-expect-error a function of another type of payload
    queue.assertPushed(report, ({ id }: { id: string }) => id === 'seven')
    // @ts-expect-error a payload has no such field
    queue.assertPushed(report, ({ rows }) => rows === 7)
    // @ts-expect-error the job has no such field
    queue.assertNotPushed(report, { name: 'seven' })
    // @ts-expect-error the job has no such field
    queue.assertPushedOn('reports', report, { name: 'seven' })
    // @ts-expect-error a job that stands alone is no chain
    queue.assertChained(report)
    // @ts-expect-error a chain is no group
    queue.assertGrouped(day)
    // @ts-expect-error a group takes its own payload
    queue.assertGrouped(whole, { id: 7 })
    // @ts-expect-error a chain takes what its first job takes
    queue.assertChained(day, { rows: 7 })
    // @ts-expect-error not by its name alone: the types would be gone
    queue.assertPushed('report', { id: 7 })
    // @ts-expect-error a payload has no such field
    void pushed?.payload.rows
  },

  async runs(app: AnyApp) {
    const run = await runJob(app, report, { id: 7 })
    same<typeof run.result, { rows: number } | undefined>()
    void runJob(app, report, { id: 7, limit: 1 }, { attempt: 2, attempts: 3 })
    void runJob(app, bare)
    void runJob(app, bare, {}, { attempt: 2 })
    const chain = await runChain(app, day, { id: 7 })
    same<typeof chain.result, string | undefined>()
    void runChain(app, day, { id: 7 }, { signal: new AbortController().signal })
    // @ts-expect-error a payload is missing
    void runJob(app, report)
    // @ts-expect-error a field of another type
    void runJob(app, report, { id: 'seven' })
    // @ts-expect-error a payload for a job that takes none
    void runJob(app, bare, { id: 7 })
    // @ts-expect-error no such option
    void runJob(app, bare, {}, { atempt: 2 })
    // @ts-expect-error a tick has the name of its schedule
    void runJob(app, bare, {}, { tick: { scheduledFor: new Date() } })
    // @ts-expect-error a result has no such field
    void run.result?.lines
    // @ts-expect-error a chain is run by runChain
    void runJob(app, day, { id: 7 })
    // @ts-expect-error a chain takes what its first job takes
    void runChain(app, day, { rows: 7 })
    // @ts-expect-error its jobs are first attempts
    void runChain(app, day, { id: 7 }, { attempt: 2 })
  },
}

test('what is asserted and run in a test is typed by its job', () => {
  assert.equal(Object.keys(written).length, 2)
})
