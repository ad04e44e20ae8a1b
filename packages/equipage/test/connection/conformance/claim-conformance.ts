import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { MakeHarness } from './harness.ts'
import {
  calling,
  hourly,
  nightly,
  prepared,
  pushing,
  register,
  registered,
  row,
  rowsOf,
  skipping,
} from './tick-support.ts'

/** Anchors, cursors, and the one claim that wins. */
export function claimConformance(make: MakeHarness): void {
  test('a schedule is anchored when it is first registered, and keeps anchor and cursor from then on', async t => {
    const first = make(t, [])
    const { anchor, cursor } = await registered(first, nightly)
    assert.ok(Math.abs(anchor - Date.now()) < 60_000)
    assert.equal(cursor, anchor)
    const to = anchor + 1_000
    await first.connection.ticks.claim(skipping(nightly, cursor, to))
    const again = await register(first.sibling(), [nightly], { process: 'host:2' })
    assert.deepEqual(again, [{ outcome: 'registered', anchor, cursor: to }])
  })

  test('registrations are answered in the order of the entries', async t => {
    const harness = make(t, [])
    const [{ anchor, cursor }] = [await registered(harness, nightly)]
    await harness.connection.ticks.claim(skipping(nightly, cursor, cursor + 5))
    const both = await register(harness, [hourly, nightly], { deployment: 'second' })
    assert.deepEqual(both[1], { outcome: 'registered', anchor, cursor: cursor + 5 })
    assert.ok(both[0]?.outcome === 'registered' && both[0].cursor === both[0].anchor)
  })

  test('a schedule whose timing has changed starts anew', async t => {
    const first = make(t, [])
    const { cursor } = await registered(first, nightly)
    const future = cursor + 86_400_000
    await first.connection.ticks.claim(skipping(nightly, cursor, future))
    const changed = { ...nightly, definition: 'every day at 04:00#1' }
    const anew = await registered(first.sibling(), changed, { deployment: 'second' })
    assert.ok(anew.cursor < future)
    assert.equal(anew.cursor, anew.anchor)
  })

  test('a schedule of which only the digest has changed keeps its place', async t => {
    const harness = make(t, [])
    const { anchor, cursor } = await registered(harness, nightly)
    await harness.connection.ticks.claim(skipping(nightly, cursor, cursor + 9))
    const changed = { ...nightly, definition: 'every day at 03:00#2' }
    const kept = await registered(harness, changed, { deployment: 'second' })
    assert.deepEqual([kept.anchor, kept.cursor], [anchor, cursor + 9])
    const claim = await harness.connection.ticks.claim(skipping(changed, kept.cursor, cursor + 10))
    assert.equal(claim.outcome, 'claimed')
  })

  test('of many that claim the same tick at the same time one wins, its job runs once, and there is one row', async t => {
    const ran: unknown[] = []
    const job = defineJob({
      name: 'ticked',
      run: ({ tick }) => void ran.push([tick?.schedule, tick?.scheduledFor.getTime()]),
    })
    const first = make(t, [job])
    const replicas = [first, first.sibling(), first.sibling(), first.sibling()]
    const { cursor } = await registered(first, nightly)
    for (const [index, replica] of replicas.entries()) {
      await registered(replica, nightly, { process: `host:${index + 1}` })
    }
    const tick = cursor + 5_000
    const pushed = await prepared(first, job, {
      schedule: 'nightly',
      scheduledFor: new Date(tick).toISOString(),
      previous: null,
      lagMs: 0,
      misfire: false,
    })
    const answers = await Promise.all(
      replicas.flatMap(({ connection }) =>
        Array.from({ length: 5 }, () =>
          connection.ticks.claim(pushing(nightly, cursor, tick, pushed)),
        ),
      ),
    )
    assert.equal(answers.filter(({ outcome }) => outcome === 'claimed').length, 1)
    for (const answer of answers) {
      if (answer.outcome !== 'claimed')
        assert.deepEqual(answer, { outcome: 'already-claimed', cursor: tick })
    }
    assert.equal((await rowsOf(first, 'nightly')).length, 1)
    await first.consume()
    await eventually(() => assert.deepEqual(ran, [['nightly', tick]]))
    await eventually(async () => {
      const [counts] = await first.queue.counts()
      assert.deepEqual([counts?.waiting, counts?.active, counts?.failed], [0, 0, 0])
    })
    assert.equal(ran.length, 1)
  })

  test('of many that claim a function at the same time one wins', async t => {
    const first = make(t, [])
    const { cursor } = await registered(first, nightly)
    const replicas = [first, first.sibling(), first.sibling()]
    const answers = await Promise.all(
      replicas.map(({ connection }) =>
        connection.ticks.claim(calling(nightly, cursor, cursor + 1_000)),
      ),
    )
    assert.deepEqual(answers.map(({ outcome }) => outcome).sort(), [
      'already-claimed',
      'already-claimed',
      'claimed',
    ])
  })

  test('a claim takes jobs of every form: delayed, with a priority, and with attempts', async t => {
    const seen: number[] = []
    const job = defineJob({
      name: 'formed',
      attempts: 3,
      payload: z.object({ n: z.int() }),
      run: ({ payload }) => void seen.push(payload.n),
    })
    const harness = make(t, [job])
    let { cursor: from } = await registered(harness, nightly)
    for (const [n, form] of [{ delayMs: 1 }, { priority: 3 }, {}].entries()) {
      const plain = await prepared(harness, job, undefined, { n })
      const claim = pushing(nightly, from, from + 1, { ...plain, ...form })
      assert.equal((await harness.connection.ticks.claim(claim)).outcome, 'claimed')
      from += 1
    }
    await harness.consume()
    await eventually(() => assert.deepEqual(seen.toSorted(), [0, 1, 2]))
  })

  test('a claim writes all its rows, and gives the id of the pushed job to the row of its tick', async t => {
    const job = defineJob({ name: 'noted', run: () => null })
    const harness = make(t, [job])
    const { cursor } = await registered(harness, nightly)
    const missed = row(cursor + 30, { first: cursor + 10, count: 3, fate: 'missed' })
    const fired = row(cursor + 40, { misfire: true })
    const later = row(cursor + 50, { fate: 'skipped', reason: 'overlap' })
    const answer = await harness.connection.ticks.claim({
      ...nightly,
      from: cursor,
      to: cursor + 50,
      rows: [missed, fired, later],
      run: { tick: cursor + 40, job: await prepared(harness, job) },
    })
    assert.ok(answer.outcome === 'claimed')
    const receipt = await answer.pushed
    assert.ok(receipt?.id)
    assert.deepEqual(
      (await rowsOf(harness, 'nightly')).map(found => ({ ...found, durationMs: null })),
      [missed, { ...fired, jobId: receipt.id }, later],
    )
    assert.deepEqual(await harness.connection.ticks.cursors(['nightly']), [cursor + 50])
  })

  test('a claim that moves the cursor alone writes no row', async t => {
    const harness = make(t, [])
    const { cursor } = await registered(harness, nightly)
    const claim = { ...nightly, from: cursor, to: 8_640_000_000_000_000, rows: [] }
    assert.equal((await harness.connection.ticks.claim(claim)).outcome, 'claimed')
    assert.deepEqual(await rowsOf(harness, 'nightly'), [])
    assert.deepEqual(await harness.connection.ticks.cursors(['nightly']), [claim.to])
  })

  test('a claim that is refused changes nothing', async t => {
    const job = defineJob({ name: 'unwanted', run: () => null })
    const harness = make(t, [job])
    const { cursor } = await registered(harness, nightly)
    const pushed = await prepared(harness, job)
    const wrong = { ...nightly, definition: 'every day at 04:00#1' }
    const { ticks } = harness.connection
    const early = await ticks.claim(pushing(nightly, cursor - 1, cursor + 1, pushed))
    assert.deepEqual(early, { outcome: 'already-claimed', cursor })
    const other = await ticks.claim(pushing(wrong, cursor, cursor + 1, pushed))
    assert.deepEqual(other, { outcome: 'superseded' })
    assert.deepEqual(await rowsOf(harness, 'nightly'), [])
    assert.deepEqual(await ticks.cursors(['nightly']), [cursor])
    const [counts] = await harness.queue.counts(['default'])
    assert.deepEqual([counts?.waiting, counts?.active], [0, 0])
  })

  test('a claim of a schedule that is not there says so', async t => {
    const harness = make(t, [])
    await register(harness, [])
    const claim = skipping({ name: 'unheard of', definition: 'x#1' }, 1, 2)
    assert.deepEqual(await harness.connection.ticks.claim(claim), { outcome: 'forgotten' })
  })

  test('cursors are told in the order of the names, with null for what is not there', async t => {
    const harness = make(t, [])
    const [first, second] = await register(harness, [nightly, hourly])
    assert.ok(first?.outcome === 'registered' && second?.outcome === 'registered')
    const { ticks } = harness.connection
    await ticks.claim(skipping(hourly, second.cursor, second.cursor + 7))
    const cursors = await ticks.cursors(['hourly', 'unheard of', 'nightly'])
    assert.deepEqual(cursors, [second.cursor + 7, null, first.cursor])
    assert.deepEqual(await ticks.cursors([]), [])
  })

  test('its clock goes on', async t => {
    const harness = make(t, [])
    await register(harness, [])
    const { ticks } = harness.connection
    const before = ticks.now()
    await eventually(() => assert.ok(ticks.now() > before))
    assert.ok(Math.abs(ticks.now() - Date.now()) < 5_000)
    assert.ok(Math.abs(ticks.skewMs()) < 5_000)
  })

  test('of claims in one turn each is decided by itself, whatever becomes of the others', async t => {
    const seen: unknown[] = []
    const job = defineJob({
      name: 'plain',
      payload: z.object({ of: z.string() }),
      run: ({ payload, jobId }) => void seen.push([payload.of, jobId]),
    })
    const harness = make(t, [job])
    await harness.consume()
    const { ticks } = harness.connection
    const names = ['first', 'already-claimed', 'changed', 'paused', 'last']
    const entries = names.map(name => ({ name, definition: 'every hour#1' }))
    const registrations = await register(harness, entries)
    const cursors = registrations.map(each => (each.outcome === 'registered' ? each.cursor : 0))
    const [at = 0] = cursors
    await ticks.claim(
      skipping({ name: 'already-claimed', definition: 'every hour#1' }, cursors[1] ?? 0, at + 9),
    )
    await ticks.setPaused('paused', true)
    const claims = [...entries, { name: 'forgotten', definition: 'every hour#1' }].map(
      async ({ name, definition }, index) => {
        const entry = { name, definition: name === 'changed' ? 'every day#1' : definition }
        const pushed = await prepared(harness, job, undefined, { of: name })
        return pushing(entry, cursors[index] ?? at, at + 1_000, pushed)
      },
    )
    const prepareds = await Promise.all(claims)
    const answers = await Promise.all(prepareds.map(claim => ticks.claim(claim)))
    assert.deepEqual(
      answers.map(({ outcome }) => outcome),
      ['claimed', 'already-claimed', 'superseded', 'paused', 'claimed', 'forgotten'],
    )
    assert.deepEqual(answers[1], { outcome: 'already-claimed', cursor: at + 9 })
    const ids = await Promise.all(
      answers.map(async answer => answer.outcome === 'claimed' && (await answer.pushed)?.id),
    )
    for (const [index, name] of names.entries()) {
      const [latest] = (await rowsOf(harness, name)).toReversed()
      if (ids[index])
        assert.deepEqual(
          [latest?.tick, latest?.fate, latest?.jobId],
          [at + 1_000, 'fired', ids[index]],
        )
      else assert.notEqual(latest?.tick, at + 1_000)
    }
    assert.deepEqual(await ticks.cursors(names), [
      at + 1_000,
      at + 9,
      cursors[2],
      cursors[3],
      at + 1_000,
    ])
    await eventually(() =>
      assert.deepEqual(seen.toSorted(), [
        ['first', ids[0]],
        ['last', ids[4]],
      ]),
    )
  })
}
