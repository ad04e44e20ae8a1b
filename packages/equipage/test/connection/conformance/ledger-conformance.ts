import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineJob } from '../../../src/job/index.ts'
import { ledger, type MakeHarness } from './harness.ts'
import {
  hourly,
  nightly,
  prepared,
  pushing,
  register,
  registered,
  row,
  rowsOf,
} from './tick-support.ts'

/** The ledger, and what is stored of a schedule. */
export function ledgerConformance(make: MakeHarness): void {
  test('a row comes back as it was written', async t => {
    const harness = make(t, [])
    const { cursor } = await registered(harness, nightly)
    const rows = [
      row(cursor + 2, { first: cursor + 1, count: 2, fate: 'missed', lagMs: 0 }),
      row(cursor + 3, { fate: 'skipped', reason: 'environment', process: 'a host:77' }),
      row(cursor + 4, { fate: 'failed', reason: 'error', error: 'no\n"payload" ü', misfire: true }),
      row(cursor + 5, { reason: 'queued', lagMs: 86_400_000 }),
    ]
    const claim = { ...nightly, from: cursor, to: cursor + 5, rows }
    assert.equal((await harness.connection.ticks.claim(claim)).outcome, 'claimed')
    assert.deepEqual(await rowsOf(harness, 'nightly'), rows)
  })

  test('the end of a pushed job adds its duration, and its fate stays', async t => {
    const job = defineJob({ name: 'pushed', run: () => null })
    const harness = make(t, [job])
    const { cursor } = await registered(harness, nightly)
    const { ticks } = harness.connection
    const claim = pushing(nightly, cursor, cursor + 1, await prepared(harness, job))
    const answer = await ticks.claim(claim)
    assert.ok(answer.outcome === 'claimed')
    await answer.pushed
    const call = { name: 'nightly', tick: cursor + 1 }
    await ticks.endRun({ ...call, fate: 'failed', error: 'not here', durationMs: 1_234 })
    const [found] = await rowsOf(harness, 'nightly')
    assert.deepEqual(
      [found?.fate, found?.reason, found?.error, found?.durationMs],
      ['fired', null, null, 1_234],
    )
  })

  test('it answers by span, with the rows that reach into it, in their order', async t => {
    const harness = make(t, [])
    const { cursor } = await registered(harness, nightly)
    const { ticks } = harness.connection
    const rows = [
      row(cursor + 10),
      row(cursor + 20),
      row(cursor + 50, { first: cursor + 30, count: 3, fate: 'missed' }),
      row(cursor + 60),
    ]
    await ticks.claim({ ...nightly, from: cursor, to: cursor + 60, rows })
    const found = async (from: number, to: number, limit = 100) =>
      (await ticks.ledger({ name: 'nightly', from: cursor + from, to: cursor + to, limit })).map(
        ({ tick }) => tick - cursor,
      )
    assert.deepEqual(await found(0, 100), [10, 20, 50, 60])
    assert.deepEqual(await found(20, 29), [20])
    assert.deepEqual(await found(20, 30), [20, 50])
    assert.deepEqual(await found(35, 45), [50])
    assert.deepEqual(await found(50, 60), [50, 60])
    assert.deepEqual(await found(61, 70), [])
    assert.deepEqual(await found(0, 100, 2), [50, 60])
    assert.deepEqual(await found(0, 30, 1), [50])
    assert.deepEqual(await ticks.ledger({ name: 'unheard of', from: 0, to: 9e15, limit: 5 }), [])
  })

  test('it keeps the latest rows of each schedule, as many as it is told to', async t => {
    const harness = make(t, [])
    const [first, second] = await register(harness, [nightly, hourly])
    assert.ok(first?.outcome === 'registered' && second?.outcome === 'registered')
    const { ticks } = harness.connection
    const to = second.cursor + 1
    await ticks.claim({ ...hourly, from: second.cursor, to, rows: [row(to)] })
    for (let n = 0; n < ledger.count + 5; n++) {
      const from = first.cursor + n
      await ticks.claim({ ...nightly, from, to: from + 1, rows: [row(from + 1)] })
    }
    const kept = await rowsOf(harness, 'nightly')
    assert.equal(kept.length, ledger.count)
    assert.equal(kept.at(-1)?.tick, first.cursor + ledger.count + 5)
    assert.equal((await rowsOf(harness, 'hourly')).length, 1)
  })

  test('it drops what is older than it is told to keep', async t => {
    const harness = make(t, [])
    const { cursor } = await registered(harness, nightly)
    const { ticks } = harness.connection
    const later = cursor + ledger.ageMs + 10
    await ticks.claim({ ...nightly, from: cursor, to: cursor + 5, rows: [row(cursor + 5)] })
    const to = later
    await ticks.claim({ ...nightly, from: cursor + 5, to, rows: [row(later - 5), row(later)] })
    const ticksKept = (await rowsOf(harness, 'nightly')).map(({ tick }) => tick)
    assert.deepEqual(ticksKept, [later - 5, later])
  })

  test('what is stored of schedules: of all in the order of their names, or of those that are named', async t => {
    const harness = make(t, [])
    const [first, second] = await register(harness, [nightly, hourly])
    assert.ok(first?.outcome === 'registered' && second?.outcome === 'registered')
    const { ticks } = harness.connection
    const last = row(first.cursor + 2, { fate: 'skipped', reason: 'condition' })
    const rows = [row(first.cursor + 1), last]
    await ticks.claim({ ...nightly, from: first.cursor, to: last.tick, rows })
    const all = await ticks.stored()
    assert.deepEqual(all, [
      { ...hourly, anchor: second.anchor, cursor: second.cursor, pausedAt: null, last: null },
      { ...nightly, anchor: first.anchor, cursor: last.tick, pausedAt: null, last },
    ])
    assert.deepEqual(await ticks.stored(['nightly', 'unheard of']), all.slice(1))
    assert.deepEqual(await ticks.stored([]), [])
  })
}
