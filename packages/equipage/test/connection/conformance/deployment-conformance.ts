import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aliveMs } from '../../../src/connection/index.ts'
import type { MakeHarness } from './harness.ts'
import { calling, hourly, nightly, register, skipping } from './tick-support.ts'

const changed = { ...nightly, definition: 'every day at 04:00#1' }
const old = { deployment: 'old', process: 'host:1' }
const fresh = { deployment: 'new', process: 'host:2' }

/** Two releases of an application side by side. */
export function deploymentConformance(make: MakeHarness): void {
  /** The older release knows both schedules, the newer has changed one of them. */
  const deployed = async (t: Parameters<MakeHarness>[0]) => {
    const older = make(t, [])
    const newer = older.sibling()
    const before = await register(older, [nightly, hourly], old)
    const after = await register(newer, [changed, hourly], fresh)
    const cursors = after.map(registration => {
      assert.equal(registration.outcome, 'registered')
      return registration.cursor
    })
    assert.deepEqual(before[1], after[1])
    return {
      older,
      newer,
      cursor: cursors[0] ?? Number.NaN,
      hourlyCursor: cursors[1] ?? Number.NaN,
    }
  }

  test('the newer release wins; the older stands down for what changed, and goes on with the rest', async t => {
    const { older, newer, cursor, hourlyCursor } = await deployed(t)
    const { ticks } = older.connection
    const refused = await ticks.claim(skipping(nightly, cursor, cursor + 1))
    assert.deepEqual(refused, { outcome: 'superseded' })
    const own = await newer.connection.ticks.claim(skipping(changed, cursor, cursor + 1))
    assert.equal(own.outcome, 'claimed')
    const shared = await ticks.claim(skipping(hourly, hourlyCursor, hourlyCursor + 1))
    assert.equal(shared.outcome, 'claimed')
    assert.equal((await ticks.heartbeat({ ...old, calls: [] })).current, 'another')
    assert.equal((await newer.connection.ticks.heartbeat({ ...fresh, calls: [] })).current, 'this')
  })

  test('an older process that is started again does not come back while the newer lives', async t => {
    const { older, newer, cursor, hourlyCursor } = await deployed(t)
    const again = await register(older, [nightly, hourly], { ...old, process: 'host:3' })
    assert.deepEqual(again[0], { outcome: 'superseded' })
    assert.ok(again[1]?.outcome === 'registered' && again[1].cursor === hourlyCursor)
    assert.deepEqual(await newer.connection.ticks.cursors(['nightly']), [cursor])
    const own = await newer.connection.ticks.claim(skipping(changed, cursor, cursor + 1))
    assert.equal(own.outcome, 'claimed')
  })

  test('it comes back when the last process of the newer one has left', async t => {
    const { older, newer, cursor } = await deployed(t)
    await newer.connection.ticks.heartbeat({ ...fresh, calls: [], leaving: true })
    const { ticks } = older.connection
    assert.equal((await ticks.heartbeat({ ...old, calls: [] })).current, 'none')
    const back = await register(older, [nightly, hourly], old)
    assert.ok(back[0]?.outcome === 'registered')
    assert.equal((await ticks.heartbeat({ ...old, calls: [] })).current, 'this')
    const late = await newer.connection.ticks.claim(skipping(changed, cursor, cursor + 1))
    assert.deepEqual(late, { outcome: 'superseded' })
  })

  test(`it comes back too when the newer has given no sign of life for ${aliveMs / 1_000} seconds`, async t => {
    const { older } = await deployed(t)
    if (!older.passesAtOnce) return t.skip('time cannot be moved here')
    // The machine's time goes on as well, so this looks well before the end.
    await older.pass(aliveMs / 2)
    const { ticks } = older.connection
    assert.equal((await ticks.heartbeat({ ...old, calls: [] })).current, 'another')
    await older.pass(aliveMs / 2)
    assert.equal((await ticks.heartbeat({ ...old, calls: [] })).current, 'none')
    const back = await register(older, [nightly, hourly], old)
    assert.ok(back[0]?.outcome === 'registered')
  })

  test('the newer one takes over again when it comes back, though the older lives', async t => {
    const { older, newer } = await deployed(t)
    await newer.connection.ticks.heartbeat({ ...fresh, calls: [], leaving: true })
    const back = await register(older, [nightly, hourly], old)
    assert.ok(back[0]?.outcome === 'registered')
    const again = await register(newer, [changed, hourly], { ...fresh, process: 'host:4' })
    assert.ok(again[0]?.outcome === 'registered')
    assert.equal((await older.connection.ticks.heartbeat({ ...old, calls: [] })).current, 'another')
  })

  test('a release that was never there before rules at once', async t => {
    const { older } = await deployed(t)
    const third = await register(older, [nightly], { deployment: 'third', process: 'host:3' })
    assert.ok(third[0]?.outcome === 'registered')
  })

  test('a name that the ruling release does not have is forgotten', async t => {
    const harness = make(t, [])
    const { ticks } = harness.connection
    const [, second] = await register(harness, [nightly, hourly], old)
    assert.ok(second?.outcome === 'registered')
    await register(harness.sibling(), [nightly], fresh)
    assert.deepEqual(await ticks.cursors(['hourly']), [null])
    const names = (await ticks.stored()).map(({ name }) => name)
    assert.deepEqual(names, ['nightly'])
    const claim = await ticks.claim(calling(hourly, second.cursor, second.cursor + 1))
    assert.deepEqual(claim, { outcome: 'forgotten' })
    const [kept, gone] = await register(harness, [nightly, hourly], old)
    assert.equal(kept?.outcome, 'registered')
    assert.deepEqual(gone, { outcome: 'superseded' })
  })

  test('a superseded release forgets nothing of the ruling one', async t => {
    const { older, newer } = await deployed(t)
    await register(newer, [changed, hourly, { name: 'added', definition: 'x#1' }], {
      ...fresh,
      deployment: 'newest',
    })
    await register(older, [nightly, hourly], old)
    const names = (await newer.connection.ticks.stored()).map(({ name }) => name)
    assert.deepEqual(names, ['added', 'hourly', 'nightly'])
  })
}
