import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spansKept } from '../../../src/connection/index.ts'
import { defineJob } from '../../../src/job/index.ts'
import type { MakeHarness } from './harness.ts'
import {
  calling,
  hourly,
  nightly,
  prepared,
  pushing,
  register,
  registered,
  rowsOf,
  skipping,
} from './tick-support.ts'

/** Pauses of a schedule, and times when no scheduler ran. */
export function pauseConformance(make: MakeHarness): void {
  test('while a schedule is paused no run begins in any process, and a claim that begins none passes', async t => {
    const job = defineJob({ name: 'paused', run: () => null })
    const harness = make(t, [job])
    const { ticks } = harness.connection
    const { cursor } = await registered(harness, nightly)
    assert.equal(await ticks.setPaused('nightly', true), true)
    const push = pushing(nightly, cursor, cursor + 1, await prepared(harness, job))
    assert.deepEqual(await ticks.claim(push), { outcome: 'paused' })
    const call = calling(nightly, cursor, cursor + 1)
    assert.deepEqual(await harness.sibling().connection.ticks.claim(call), { outcome: 'paused' })
    assert.deepEqual(await rowsOf(harness, 'nightly'), [])
    assert.equal((await ticks.claim(skipping(nightly, cursor, cursor + 1))).outcome, 'claimed')
    assert.equal(await ticks.setPaused('nightly', false), true)
    const next = calling(nightly, cursor + 1, cursor + 2)
    assert.equal((await ticks.claim(next)).outcome, 'claimed')
  })

  test('pausing what is paused, resuming what is not, and what is not there, changes nothing', async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    await registered(harness, nightly)
    assert.equal(await ticks.setPaused('nightly', false), false)
    assert.equal(await ticks.setPaused('nightly', true), true)
    assert.equal(await ticks.setPaused('nightly', true), false)
    assert.equal(await ticks.setPaused('unheard of', true), false)
    assert.equal((await ticks.pauses('nightly')).length, 1)
    assert.deepEqual(await ticks.pauses('unheard of'), [])
  })

  test('pauses are remembered, of each schedule its own, and outlast a restart', async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    const [first] = await register(harness, [nightly, hourly])
    assert.ok(first?.outcome === 'registered')
    for (const paused of [true, false, true]) await ticks.setPaused('nightly', paused)
    const again = harness.sibling()
    await register(again, [nightly, hourly], { process: 'host:2' })
    const [past, present, ...others] = await again.connection.ticks.pauses('nightly')
    assert.ok(past && present)
    assert.deepEqual(others, [])
    assert.ok(past.from >= first.anchor && past.to !== null && past.to >= past.from)
    assert.ok(present.from >= past.to && present.to === null)
    assert.deepEqual(await again.connection.ticks.pauses('hourly'), [])
    const [stored] = await again.connection.ticks.stored(['nightly'])
    assert.equal(stored?.pausedAt, present.from)
  })

  test('a pause ends with its schedule, and a changed timing does not end it', async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    await registered(harness, nightly)
    await ticks.setPaused('nightly', true)
    const changed = { ...nightly, definition: 'every day at 04:00#1' }
    const { cursor } = await registered(harness, changed, { deployment: 'second' })
    const call = calling(changed, cursor, cursor + 1)
    assert.deepEqual(await ticks.claim(call), { outcome: 'paused' })
    await register(harness, [], { deployment: 'third' })
    const anew = await registered(harness, nightly, { deployment: 'fourth' })
    const next = calling(nightly, anew.cursor, anew.cursor + 1)
    assert.equal((await ticks.claim(next)).outcome, 'claimed')
    const pauses = await ticks.pauses('nightly')
    assert.ok(pauses.every(({ to }) => to !== null))
  })

  test(`the latest ${spansKept} pauses are remembered`, async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    await registered(harness, nightly)
    for (let n = 0; n < spansKept + 2; n++) {
      await ticks.setPaused('nightly', true)
      await ticks.setPaused('nightly', false)
    }
    assert.equal((await ticks.pauses('nightly')).length, spansKept)
  })

  test('a time when no scheduler was alive is remembered, from the last sign of life to the next', async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    await registered(harness, nightly)
    await registered(harness.sibling(), nightly, { process: 'host:2' })
    const report = { deployment: 'first', calls: [], leaving: true }
    await ticks.heartbeat({ ...report, process: 'host:1' })
    await harness.pass(1_200)
    const left = ticks.now()
    assert.equal(await ticks.silentSince(), null)
    await ticks.heartbeat({ ...report, process: 'host:2' })
    assert.deepEqual(await ticks.downtimes(), [])
    await harness.pass(1_200)
    const silentSince = (await ticks.silentSince()) ?? 0
    assert.ok(Math.abs(silentSince - left) < 1_000, `${silentSince - left} ms off`)
    await registered(harness, nightly, { process: 'host:3' })
    assert.equal(await ticks.silentSince(), null)
    const [down, ...others] = await ticks.downtimes()
    assert.deepEqual(others, [])
    assert.ok(down && down.to !== null)
    assert.ok(Math.abs(down.from - left) < 1_000, `${down.from - left} ms off`)
    assert.ok(down.to - down.from >= 1_200)
  })

  test('nobody is silent who has never been there', async t => {
    assert.equal(await make(t, []).connection.ticks.silentSince(), null)
  })

  test('a process that was away while no other was alive says so; with another one alive that is no downtime', async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    const { anchor } = await registered(harness, nightly)
    const absent = { from: anchor - 9_000, to: anchor - 2_000 }
    const report = { deployment: 'first', process: 'host:1', calls: [] }
    await ticks.heartbeat({ ...report, absent })
    const spans = async () => (await ticks.downtimes()).map(({ from, to }) => ({ from, to }))
    assert.deepEqual(await spans(), [absent])
    await registered(harness.sibling(), nightly, { process: 'host:2' })
    await ticks.heartbeat({ ...report, absent: { from: anchor - 1_000, to: anchor } })
    assert.deepEqual(await spans(), [absent])
  })
}
