import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineJob, type JobOptions } from '../../../src/job/index.ts'
import type { Harness, MakeHarness } from './harness.ts'
import { nightly, pushing, registered, rowsOf } from './tick-support.ts'

type Guards = Pick<JobOptions<unknown, unknown, unknown>, 'unique' | 'throttle' | 'debounce'>

const thinned = (guards: Guards) =>
  defineJob({ name: 'report', delay: '1h', ...guards, run: () => 1 })

/** A push as a schedule prepares it. */
const preparedBy = ({ queue }: Harness) => queue.prepare('report', {}, {}, null, {})

/** Ticks whose pushes are thinned out: a refused push decides its tick. */
export function guardedTickConformance(make: MakeHarness): void {
  for (const guards of [{ unique: true }, { throttle: '1h' }] as const) {
    const [kind] = Object.keys(guards)
    test(`a tick whose ${kind} job is refused is skipped for that, and names the job in the way`, async t => {
      const harness = make(t, [thinned(guards)])
      const { ticks } = harness.connection
      const { cursor } = await registered(harness, nightly)
      const [first, second] = [cursor + 1_000, cursor + 2_000]
      const claim = pushing(nightly, cursor, first, await preparedBy(harness))
      const fired = await ticks.claim(claim)
      assert.ok(fired.outcome === 'claimed' && fired.conflictingId === undefined)
      const job = await fired.pushed
      assert.equal(job?.state, 'delayed')
      const next = pushing(nightly, first, second, await preparedBy(harness), { overlap: 'queue' })
      // The overlap policy finds no holder, since the first run was begun without one.
      const answer = await ticks.claim(next)
      assert.deepEqual(answer, { outcome: 'claimed', pushed: undefined, conflictingId: job?.id })
      const rows = await rowsOf(harness, 'nightly')
      assert.deepEqual(
        rows.map(({ tick, fate, reason, jobId }) => [tick, fate, reason, jobId]),
        [
          [first, 'fired', null, job?.id],
          [second, 'skipped', 'refused', job?.id],
        ],
      )
      assert.equal((await harness.queue.counts())[0]?.delayed, 1)
      // It has begun no run, so it holds no later one up.
      const last = pushing(nightly, second, second + 1, await preparedBy(harness), {
        overlap: 'skip',
      })
      assert.equal((await ticks.claim(last)).outcome, 'claimed')
    })
  }

  test('the job of a tick is in the way of a push, and a pushed one in that of a tick', async t => {
    const job = thinned({ unique: true })
    const harness = make(t, [job])
    const { cursor } = await registered(harness, nightly)
    const { id } = await harness.queue.push(job)
    const claim = pushing(nightly, cursor, cursor + 1, await preparedBy(harness))
    const answer = await harness.connection.ticks.claim(claim)
    assert.ok(answer.outcome === 'claimed')
    assert.equal(answer.conflictingId, id)
    assert.deepEqual((await harness.queue.push(job)).existing, { id })
  })

  test('debounced ticks leave the job of the last one', async t => {
    const job = defineJob({ name: 'report', debounce: '1h', run: () => 1 })
    const harness = make(t, [job])
    const { cursor } = await registered(harness, nightly)
    for (const n of [0, 1, 2]) {
      const claim = pushing(nightly, cursor + n, cursor + n + 1, await preparedBy(harness))
      const answer = await harness.connection.ticks.claim(claim)
      assert.ok(answer.outcome === 'claimed')
      assert.equal((await answer.pushed)?.state, 'delayed')
    }
    assert.equal((await harness.queue.counts())[0]?.delayed, 1)
    const rows = await rowsOf(harness, 'nightly')
    assert.deepEqual(
      rows.map(({ fate }) => fate),
      ['fired', 'fired', 'fired'],
    )
  })
}
