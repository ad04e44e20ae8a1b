import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { z } from 'zod'
import { defineChain, defineJob } from '../../src/index.ts'
import { fakeQueue, runChain } from '../../src/testing/index.ts'
import { shop } from './support/shop.ts'

/** A chain that counts parcels, weighs them and pushes a note on each. */
async function post(t: TestContext) {
  const note = defineJob({ name: 'note', payload: z.object({ kg: z.number() }), run: () => null })
  const count = defineJob({
    name: 'count',
    payload: z.object({ parcels: z.array(z.number()) }),
    run: ({ payload }) => ({ parcels: payload.parcels, count: payload.parcels.length }),
  })
  const weigh = defineJob({
    name: 'weigh',
    payload: z.object({ parcels: z.array(z.number()), count: z.int().positive() }),
    attempts: 2,
    run: async ({ payload, tick, progress, push }) => {
      progress(1)
      for (const kg of payload.parcels) await push(note, { kg })
      const heaviest = Math.max(...payload.parcels)
      if (heaviest > 30) throw new Error(`${heaviest} kg is too heavy`)
      return { heaviest, schedule: tick?.schedule ?? null }
    },
  })
  const day = defineChain({ name: 'day', start: count })
    .andThen(weigh, ({ parcels, count }) => ({ parcels, count }))
    .andThen(note, ({ heaviest }) => ({ kg: heaviest }))
  return { app: await shop(t, { day, note }), day, note }
}

suite('a chain in a test', { concurrency: true }, () => {
  test('runs each of its jobs with what the one before it hands over', async t => {
    const { app, day, note } = await post(t)
    const queue = fakeQueue(app)
    const run = await runChain(app, day, { parcels: [3, 5] })
    assert.deepEqual([run.outcome, run.result, run.error], ['completed', null, undefined])
    assert.deepEqual(
      run.links.map(({ job, payload, outcome, result }) => ({ job, payload, outcome, result })),
      [
        {
          job: 'count',
          payload: { parcels: [3, 5] },
          outcome: 'completed',
          result: { parcels: [3, 5], count: 2 },
        },
        {
          job: 'weigh',
          payload: { parcels: [3, 5], count: 2 },
          outcome: 'completed',
          result: { heaviest: 5, schedule: null },
        },
        { job: 'note', payload: { kg: 5 }, outcome: 'completed', result: null },
      ],
    )
    assert.deepEqual(run.links[1]?.progress, [1])
    assert.deepEqual(
      run.pushed.map(({ job, payload }) => [job, payload]),
      [
        ['note', { kg: 3 }],
        ['note', { kg: 5 }],
      ],
    )
    queue.assertPushedTimes(note, 2)
    queue.assertNotPushed(day)
  })

  test('ends with the first job that does not complete', async t => {
    const { app, day } = await post(t)
    const run = await runChain(app, day, { parcels: [31] })
    assert.deepEqual([run.outcome, run.error?.message], ['retrying', '31 kg is too heavy'])
    assert.deepEqual(
      run.links.map(({ job, outcome }) => `${job} ${outcome}`),
      ['count completed', 'weigh retrying'],
    )
  })

  test('a payload that the next job does not accept fails the job that hands it over', async t => {
    const { app, day } = await post(t)
    const run = await runChain(app, day, { parcels: [] })
    assert.deepEqual(
      run.links.map(({ job, outcome }) => `${job} ${outcome}`),
      ['count failed'],
    )
    assert.equal((run.error as { code?: string } | undefined)?.code, 'E_CHAIN_HANDOVER')
  })

  test('gives its tick and its signal to all of its jobs', async t => {
    const { app, day } = await post(t)
    const tick = { schedule: 'nightly', scheduledFor: new Date('2026-03-01T03:00Z') }
    const run = await runChain(app, day, { parcels: [1] }, { tick })
    assert.deepEqual(run.links[1]?.result, { heaviest: 1, schedule: 'nightly' })
    const signal = AbortSignal.abort(new Error('the worker stops'))
    const stopped = await runChain(app, day, { parcels: [1] }, { signal })
    assert.deepEqual(
      [stopped.outcome, stopped.reason, stopped.links.length],
      ['released', 'the worker stops', 1],
    )
  })

  test('throws what its push would throw', async t => {
    const { app, day } = await post(t)
    await assert.rejects(runChain(app, day, {} as never), { code: 'E_BAD_PAYLOAD' })
  })
})
