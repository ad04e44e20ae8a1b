import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { TickClaim } from '../../../src/connection/index.ts'
import { defineChain, defineGroup, defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { Harness, MakeHarness } from './harness.ts'
import { nightly, prepared, pushing, registered, row, rowsOf, skipping } from './tick-support.ts'

/** A job that ends when the test says so. */
function gated() {
  const { promise, resolve: open } = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const job = defineJob({
    name: 'gated',
    run: () => {
      begun.resolve()
      return promise
    },
  })
  return { job, open: () => open(), begun: begun.promise }
}

/** When the run before is unfinished. */
export function overlapConformance(make: MakeHarness): void {
  const begin = async (t: TestContext, job: Parameters<MakeHarness>[1][number]) => {
    const harness = make(t, [job])
    await harness.consume()
    const { cursor } = await registered(harness, nightly)
    const pushed = await prepared(harness, job)
    /** Claims the n-th tick from the one before it, or from another. */
    const claim = async (
      n: number,
      overlap: 'skip' | 'queue' | undefined,
      { from = n - 1, by = harness, later = undefined as TickClaim['run'] } = {},
    ) => {
      const run = { ...(overlap ? { overlap } : {}), ...later }
      const at = (tick: number) => cursor + tick * 1_000
      const answer = await by.connection.ticks.claim(pushing(nightly, at(from), at(n), pushed, run))
      return answer.outcome
    }
    return { harness, cursor, pushed, claim }
  }

  /** The id of the job that the first tick pushed. */
  const jobId = async (harness: Harness) => (await rowsOf(harness, 'nightly'))[0]?.jobId ?? ''

  test('under "skip" a tick is held while the pushed job is unfinished, and claimed when it has completed', async t => {
    const { job, open, begun } = gated()
    const { harness, claim } = await begin(t, job)
    assert.equal(await claim(1, 'skip'), 'claimed')
    assert.equal(await claim(2, 'skip'), 'overlapping')
    await begun
    assert.equal(await claim(2, 'skip', { by: harness.sibling() }), 'overlapping')
    open()
    await eventually(async () => assert.equal(await claim(2, 'skip'), 'claimed'))
  })

  test('a held tick that is given its fate leaves the run before in its place', async t => {
    const { job, open } = gated()
    const { harness, cursor, claim } = await begin(t, job)
    assert.equal(await claim(1, 'skip'), 'claimed')
    const overlapped = skipping(nightly, cursor + 1_000, cursor + 2_000)
    assert.equal((await harness.connection.ticks.claim(overlapped)).outcome, 'claimed')
    assert.equal(await claim(3, 'skip'), 'overlapping')
    open()
    await eventually(async () => assert.equal(await claim(3, 'skip'), 'claimed'))
  })

  test('without an overlap policy a tick neither waits nor holds up', async t => {
    const { job, open } = gated()
    const { claim } = await begin(t, job)
    t.after(open)
    assert.equal(await claim(1, undefined), 'claimed')
    assert.equal(await claim(2, 'skip'), 'claimed')
    assert.equal(await claim(3, undefined), 'claimed')
    assert.equal(await claim(4, 'skip'), 'overlapping')
    open()
  })

  test('a job that waits for its next attempt holds the next tick up; one that was removed does not', async t => {
    const job = defineJob({
      name: 'retried',
      attempts: 2,
      backoff: { type: 'fixed', delay: '1h' },
      run: () => Promise.reject(new Error('not yet')),
    })
    const { harness, claim } = await begin(t, job)
    assert.equal(await claim(1, 'skip'), 'claimed')
    await eventually(() => {
      assert.ok(harness.lines.some(({ msg }) => msg === 'job failed, to be retried'))
    })
    assert.equal(await claim(2, 'skip'), 'overlapping')
    await harness.remove('default', await jobId(harness))
    assert.equal(await claim(2, 'skip'), 'claimed')
  })

  test('a job that has failed for good holds nothing up', async t => {
    const job = defineJob({ name: 'hopeless', run: () => Promise.reject(new Error('never')) })
    const { claim } = await begin(t, job)
    assert.equal(await claim(1, 'skip'), 'claimed')
    await eventually(async () => assert.equal(await claim(2, 'skip'), 'claimed'))
  })

  test('a chain holds the next tick up until its last job has ended', async t => {
    const { job: last, open, begun } = gated()
    const first = defineJob({ name: 'opening', run: () => null })
    const chain = defineChain({ name: 'two', start: first }).andThen(last, () => ({}))
    const { claim, pushed } = await begin(t, chain)
    const id = `${pushed.metadata.chain?.id}-1`
    const later = { tick: 0, later: [{ queue: 'default', id }] }
    const run = (n: number) => claim(n, 'skip', { later: { ...later, tick: 0 } })
    assert.equal(await run(1), 'claimed')
    await begun
    assert.equal(await run(2), 'overlapping')
    open()
    await eventually(async () => assert.equal(await claim(2, 'skip'), 'claimed'))
  })

  test('a group holds the next tick up until its last job has ended', async t => {
    const { job: last, open, begun } = gated()
    const member = defineJob({ name: 'member', run: () => null })
    const group = defineGroup({ name: 'two' })
      .each('members', member, () => [{}, {}])
      .andThen(last, () => ({}))
    const { claim, pushed } = await begin(t, group)
    const id = pushed.metadata.group?.id
    assert.ok(id)
    const run = (n: number) => claim(n, 'skip', { later: { tick: 0, group: id } })
    assert.equal(await run(1), 'claimed')
    await begun
    assert.equal(await run(2), 'overlapping')
    open()
    await eventually(async () => assert.equal(await claim(2, 'skip'), 'claimed'))
  })

  test('a group that goes on without any job in a queue holds the next tick up, until it has ended', async t => {
    const waiting = defineJob({ name: 'waiting', delay: '1h', run: () => null })
    const group = defineGroup({ name: 'robbed' }).with('one', waiting, () => ({}))
    const { harness, claim, pushed } = await begin(t, group)
    const { groups } = harness.connection
    const id = pushed.metadata.group?.id
    assert.ok(id)
    const run = (n: number) => claim(n, 'skip', { later: { tick: 0, group: id } })
    assert.equal(await run(1), 'claimed')
    await eventually(async () => assert.deepEqual(await groups.unfinished(0), [id]))
    await eventually(() => harness.queue.forget(`${id}-0`))
    assert.equal(await run(2), 'overlapping')
    await eventually(async () => {
      await harness.tend()
      assert.deepEqual(await groups.unfinished(0), [])
    })
    assert.equal(await claim(2, 'skip'), 'claimed')
  })

  test('under "queue" the first tick that is held waits, and every process is told of it', async t => {
    const { job, open } = gated()
    const { harness, cursor, claim } = await begin(t, job)
    assert.equal(await claim(1, 'queue'), 'claimed')
    assert.equal(await claim(2, 'queue'), 'overlapping')
    assert.equal(await claim(2, 'queue'), 'overlapping')
    assert.equal(await claim(3, 'queue', { from: 1, by: harness.sibling() }), 'queued')
    open()
    await eventually(async () => assert.equal(await claim(2, 'queue'), 'claimed'))
    assert.deepEqual(await harness.connection.ticks.cursors(['nightly']), [cursor + 2_000])
  })

  test('another tick than the one that waits is refused, also when nothing holds it any more', async t => {
    const { job, open } = gated()
    const { harness, cursor, claim } = await begin(t, job)
    assert.equal(await claim(1, 'queue'), 'claimed')
    assert.equal(await claim(2, 'queue'), 'overlapping')
    open()
    await harness.remove('default', await jobId(harness)).catch(() => undefined)
    const { ticks } = harness.connection
    const answer = await ticks.claim(
      pushing(nightly, cursor + 1_000, cursor + 3_000, await prepared(harness, job), {
        overlap: 'queue',
      }),
    )
    assert.deepEqual(answer, { outcome: 'queued', tick: cursor + 2_000 })
  })

  test('a claim that moves the cursor to the waiting tick, or past it, ends its waiting', async t => {
    const { job, open } = gated()
    const { harness, cursor, claim } = await begin(t, job)
    t.after(open)
    assert.equal(await claim(1, 'queue'), 'claimed')
    assert.equal(await claim(2, 'queue'), 'overlapping')
    const fate = { fate: 'skipped', reason: 'overlap' } as const
    const past = {
      ...nightly,
      from: cursor + 1_000,
      to: cursor + 3_000,
      rows: [row(cursor + 3_000, { ...fate, first: cursor + 2_000, count: 2 })],
    }
    assert.equal((await harness.connection.ticks.claim(past)).outcome, 'claimed')
    assert.equal(await claim(4, 'queue'), 'overlapping')
    open()
  })
}
