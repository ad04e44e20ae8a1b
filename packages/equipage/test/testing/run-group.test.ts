import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { z } from 'zod'
import { defineGroup, defineJob } from '../../src/index.ts'
import { fakeQueue, runGroup } from '../../src/testing/index.ts'
import { shop } from './support/shop.ts'

/** A group that weighs parcels, which may be too heavy, and tells how many there are. */
async function post(t: TestContext) {
  const note = defineJob({ name: 'note', run: () => null })
  const weigh = defineJob({
    name: 'weigh',
    payload: z.object({ kg: z.number() }),
    run: async ({ payload: { kg }, tick, push }) => {
      await push(note)
      if (kg > 30) throw new Error(`${kg} kg is too heavy`)
      return { kg, schedule: tick?.schedule ?? null }
    },
  })
  const patient = defineJob({
    name: 'patient',
    attempts: 2,
    run: () => Promise.reject(new Error('closed')),
  })
  const tell = defineJob({
    name: 'tell',
    payload: z.object({ parcels: z.int() }),
    run: ({ payload }) => `${payload.parcels} parcels`,
  })
  const input = z.object({ weights: z.array(z.number()) })
  const parcels = defineGroup({ name: 'parcels', payload: input })
    .each('weighed', weigh, ({ weights }) => weights.map(kg => ({ kg })))
    .andThen(tell, ({ weighed }) => ({ parcels: weighed.length }))
  const waiting = defineGroup({ name: 'waiting' })
    .with('one', patient, () => ({}))
    .andThen(tell, () => ({ parcels: 0 }))
  const simple = defineGroup({ name: 'simple' }).with('one', weigh, () => ({ kg: 1 }))
  return { app: await shop(t, { parcels, waiting, simple, note }), parcels, waiting, simple, note }
}

suite('a group in a test', { concurrency: true }, () => {
  test('runs each of its members, and its last job with what they found', async t => {
    const { app, parcels, note } = await post(t)
    const queue = fakeQueue(app)
    const run = await runGroup(app, parcels, { weights: [3, 5] })
    assert.deepEqual([run.outcome, run.result, run.error], ['completed', '2 parcels', undefined])
    assert.deepEqual(
      run.members['weighed']?.map(({ payload, result }) => ({ payload, result })),
      [
        { payload: { kg: 3 }, result: { kg: 3, schedule: null } },
        { payload: { kg: 5 }, result: { kg: 5, schedule: null } },
      ],
    )
    assert.deepEqual(run.finally?.payload, { parcels: 2 })
    assert.deepEqual(run.fanOut.payload, { weights: [3, 5] })
    assert.deepEqual(
      run.pushed.map(({ job }) => job),
      ['note', 'note'],
    )
    queue.assertPushedTimes(note, 2)
    queue.assertNotPushed(parcels)
  })

  test('ends as it fails when a member does, and has run the others', async t => {
    const { app, parcels } = await post(t)
    const run = await runGroup(app, parcels, { weights: [31, 5] })
    assert.equal(run.outcome, 'failed')
    assert.match(
      String(run.error?.message),
      /1 of the 2 jobs .*"weigh" \(weighed\): 31 kg is too heavy/,
    )
    assert.deepEqual(
      run.members['weighed']?.map(({ outcome }) => outcome),
      ['failed', 'completed'],
    )
    assert.equal(run.finally, undefined)
  })

  test('without members ends as its last job does, or as that could not be made', async t => {
    const { app, parcels } = await post(t)
    const none = await runGroup(app, parcels, { weights: [] })
    assert.deepEqual([none.outcome, none.result], ['completed', '0 parcels'])
    assert.ok(parcels.finally)
    Object.assign(parcels.finally, { payloadOf: () => ({ parcels: 0.5 }) })
    const unmade = await runGroup(app, parcels, { weights: [] })
    assert.equal(unmade.outcome, 'failed')
    assert.match(String(unmade.error?.message), /could not make the payload of "tell"/)
  })

  test('ends with a member that would be tried again', async t => {
    const { app, waiting } = await post(t)
    const run = await runGroup(app, waiting)
    assert.deepEqual(
      [run.outcome, run.error?.message, run.finally],
      ['retrying', 'closed', undefined],
    )
  })

  test('without a last job it completes with its members', async t => {
    const { app, simple } = await post(t)
    const scheduledFor = new Date('2026-03-01T03:00Z')
    const run = await runGroup(app, simple, {}, { tick: { schedule: 'nightly', scheduledFor } })
    assert.deepEqual([run.outcome, 'result' in run], ['completed', false])
    assert.deepEqual(run.members['one']?.[0]?.result, { kg: 1, schedule: 'nightly' })
  })

  test('ends with the job that makes the payloads, when that fails', async t => {
    const { app, parcels } = await post(t)
    const wrong = { weights: ['much'] as unknown as number[] }
    await assert.rejects(runGroup(app, parcels, wrong), { code: 'E_BAD_PAYLOAD' })
    const stopped = await runGroup(app, parcels, { weights: [1] }, { signal: AbortSignal.abort() })
    assert.equal(stopped.outcome, 'released')
    assert.deepEqual(stopped.members, { weighed: [] })
  })
})
