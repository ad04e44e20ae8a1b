import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callLeaseMs } from '../../../src/connection/index.ts'
import type { MakeHarness } from './harness.ts'
import { calling, hourly, nightly, register, registered, rowsOf } from './tick-support.ts'

const beating = { deployment: 'first', process: 'host:1' }

/** Functions, which run under a lease. */
export function functionConformance(make: MakeHarness): void {
  test('a function has a row that says it runs, and holds the next tick up until it has ended', async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    const { cursor } = await registered(harness, nightly)
    const tick = cursor + 1
    const skip = { overlap: 'skip' } as const
    const first = await ticks.claim(calling(nightly, cursor, tick, skip))
    assert.deepEqual(first, { outcome: 'claimed', pushed: undefined })
    assert.deepEqual(
      (await rowsOf(harness, 'nightly')).map(({ fate, durationMs }) => [fate, durationMs]),
      [['running', null]],
    )
    const next = calling(nightly, tick, tick + 1, skip)
    assert.equal((await ticks.claim(next)).outcome, 'overlapping')
    assert.equal((await harness.sibling().connection.ticks.claim(next)).outcome, 'overlapping')
    await ticks.endRun({ name: 'nightly', tick, fate: 'fired', error: null, durationMs: 250 })
    assert.deepEqual(
      (await rowsOf(harness, 'nightly')).map(({ fate, durationMs }) => [fate, durationMs]),
      [['fired', 250]],
    )
    assert.equal((await ticks.claim(next)).outcome, 'claimed')
  })

  test('a function that threw has failed, with what its error said', async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    const { cursor } = await registered(harness, nightly)
    await ticks.claim(calling(nightly, cursor, cursor + 1))
    const error = 'no "good"\nat all: ü'
    const end = { name: 'nightly', tick: cursor + 1, fate: 'failed', error, durationMs: 7 } as const
    await ticks.endRun(end)
    const [found] = await rowsOf(harness, 'nightly')
    assert.deepEqual(
      [found?.fate, found?.reason, found?.error, found?.durationMs],
      ['failed', 'error', error, 7],
    )
  })

  test('a function that ended keeps what its row said of its waiting', async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    const { cursor } = await registered(harness, nightly)
    const claim = calling(nightly, cursor, cursor + 1, { overlap: 'queue' })
    const rows = claim.rows.map(row => ({ ...row, reason: 'queued' as const }))
    await ticks.claim({ ...claim, rows })
    const call = { name: 'nightly', tick: cursor + 1 }
    await ticks.endRun({ ...call, fate: 'fired', error: null, durationMs: 1 })
    const [found] = await rowsOf(harness, 'nightly')
    assert.deepEqual([found?.fate, found?.reason], ['fired', 'queued'])
  })

  test('the end of a run that nobody knows of is left alone', async t => {
    const harness = make(t, [])
    await registered(harness, nightly)
    const end = { name: 'nightly', tick: 1, fate: 'fired', error: null, durationMs: 1 } as const
    await harness.connection.ticks.endRun(end)
    assert.deepEqual(await rowsOf(harness, 'nightly'), [])
  })

  // Where time cannot be moved this is the one test that waits for a lease.
  test('a function whose process is gone is put on record by the next sign of life, once; one whose process lives goes on', async t => {
    const harness = make(t, [])
    const other = harness.sibling()
    const [dying, lasting] = await register(harness, [nightly, hourly])
    assert.ok(dying?.outcome === 'registered' && lasting?.outcome === 'registered')
    await register(other, [nightly, hourly], { process: 'host:2' })
    const { ticks } = harness.connection
    const skip = { overlap: 'skip' } as const
    const gone = { name: 'nightly', tick: dying.cursor + 1 }
    const alive = { name: 'hourly', tick: lasting.cursor + 1 }
    await other.connection.ticks.claim(calling(nightly, dying.cursor, gone.tick, skip))
    await ticks.claim(calling(hourly, lasting.cursor, alive.tick, skip))
    const interrupted: unknown[] = []
    for (let passedMs = 0; passedMs <= callLeaseMs; passedMs += 2_000) {
      await harness.pass(2_000)
      const heartbeat = await ticks.heartbeat({ ...beating, calls: [alive] })
      assert.deepEqual(heartbeat.lost, [])
      interrupted.push(...heartbeat.interrupted.map(({ name, tick }) => ({ name, tick })))
    }
    assert.deepEqual(interrupted, [gone])
    const found = (await rowsOf(harness, 'nightly')).map(({ fate, reason }) => [fate, reason])
    assert.deepEqual(found, [['failed', 'interrupted']])
    const next = calling(nightly, gone.tick, gone.tick + 1, skip)
    assert.equal((await ticks.claim(next)).outcome, 'claimed')
    const after = calling(hourly, alive.tick, alive.tick + 1, skip)
    assert.equal((await ticks.claim(after)).outcome, 'overlapping')
    // It had only been cut off: it learns that, and when it ends after all, its row says so.
    const back = { deployment: 'first', process: 'host:2', calls: [gone] }
    assert.deepEqual(await other.connection.ticks.heartbeat(back), {
      current: 'this',
      lost: [gone],
      interrupted: [],
    })
    const end = { ...gone, fate: 'fired', error: null, durationMs: 12_000 } as const
    await other.connection.ticks.endRun(end)
    const [ended] = await rowsOf(harness, 'nightly')
    assert.deepEqual([ended?.fate, ended?.reason, ended?.durationMs], ['fired', null, 12_000])
  })
}
