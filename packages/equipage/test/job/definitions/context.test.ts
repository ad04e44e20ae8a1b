import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EventHub } from '../../../src/core/events.ts'
import { defineJob, type JobContext, type JobEvents } from '../../../src/job/index.ts'
import { pipeline } from '../support/attempts.ts'

const names = [
  'job:started',
  'job:progress',
  'job:completed',
  'job:failed',
  'job:released',
] as const

describe("what a job's function is given", () => {
  it('is its own name and queue, and the job that pushed it', async () => {
    const seen: JobContext<unknown>[] = []
    const job = defineJob({ name: 'report', run: context => void seen.push(context as never) })
    const { run } = pipeline([job])
    const parent = { id: '1', name: 'mother', queue: 'families' }
    await run({ queue: 'slow', metadata: { parent } })
    await run()
    const given = seen.map(({ name, queue, parent }) => ({ name, queue, parent }))
    assert.deepEqual(given, [
      { name: 'report', queue: 'slow', parent },
      { name: 'report', queue: 'default', parent: undefined },
    ])
  })

  it('pushes with the job as the parent, and gives the receipt', async () => {
    const child = defineJob({ name: 'child', run: () => 1 })
    const job = defineJob({ name: 'report', run: ({ push }) => push(child, {}, { priority: 1 }) })
    const { run, children } = pipeline([job])
    const outcome = await run({ id: 'job-7', queue: 'slow' })
    assert.deepEqual(children, [
      {
        parent: { id: 'job-7', name: 'report', queue: 'slow' },
        name: 'child',
        args: [{}, { priority: 1 }],
      },
    ])
    assert.ok(outcome.state === 'completed')
    assert.deepEqual(outcome.result, {
      id: 'child',
      name: 'child',
      queue: 'default',
      state: 'waiting',
    })
  })
})

describe('the events of an attempt', () => {
  it('say how long it took, and what became of a job that this deployment does not know', async () => {
    const events = new EventHub<JobEvents>(() => assert.fail('no listener failed'))
    const heard: unknown[] = []
    for (const name of names) {
      events.on(name, ({ name: _, queue: _queue, id: _id, ...fields }) =>
        heard.push([name, fields]),
      )
    }
    const { run, clock } = pipeline(
      [defineJob({ name: 'report', run: () => clock.advance(1_234) })],
      { events },
    )
    await run()
    await run({ name: 'newer', attempt: 2 })
    assert.deepEqual(heard, [
      ['job:started', { attempt: 1 }],
      ['job:completed', { attempt: 1, durationMs: 1_234, result: null }],
      [
        'job:released',
        {
          attempt: 2,
          durationMs: 0,
          delayMs: 10_000,
          reason: 'no job of that name in this deployment; it waits for a newer one',
        },
      ],
    ])
  })
})
