import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readMetadata } from '../../../src/job/index.ts'
import { tickMetadata } from '../../support/tick-metadata.ts'

const chain = { name: 'day', id: 'a1-B_2', link: 1 }
const tick = tickMetadata({ lagMs: 250, misfire: true })

describe('a stamp that comes back from a queue', () => {
  it('is what was put in', () => {
    assert.deepEqual(readMetadata({ chain, tick }), { chain, tick })
    assert.deepEqual(readMetadata({ tick }), { tick })
    assert.deepEqual(readMetadata({ tags: ['a', 'b'] }), { tags: ['a', 'b'] })
    assert.deepEqual(readMetadata({}), {})
  })

  it('loses whatever does not have the form of a stamp, and keeps the rest', () => {
    for (const wrong of [
      ...[null, 'day', 7, [], {}, { ...chain, link: -1 }, { ...chain, link: 1.5 }],
      ...[
        { ...chain, link: '1' },
        { ...chain, id: 'a:b' },
        { ...chain, id: '' },
      ],
      ...[
        { ...chain, id: 'x'.repeat(101) },
        { ...chain, name: 7 },
      ],
    ]) {
      assert.deepEqual(readMetadata({ chain: wrong, tick }), { tick })
    }
    for (const wrong of [null, 'a', [], [7], [''], ['x'.repeat(101)], Array(21).fill('a')]) {
      assert.deepEqual(readMetadata({ chain, tags: wrong }), { chain })
    }
    for (const wrong of [null, 7, {}, { schedule: 'hourly' }, { ...tick, schedule: 7 }]) {
      assert.deepEqual(readMetadata({ chain, tick: wrong }), { chain })
    }
  })

  it('keeps the place in a group, and of it what a place is', () => {
    const group = { name: 'all', id: 'a1-B_2' }
    for (const right of [{}, { index: 0, onFailure: 'continue' }, { index: 'finally' }])
      assert.deepEqual(readMetadata({ group: { ...group, ...right } }), {
        group: { ...group, ...right },
      })
    const wrong = [
      { index: -1 },
      { index: 'first' },
      { onFailure: 'go' },
      { id: 'a:b' },
      { name: 7 },
    ]
    for (const fields of wrong)
      assert.deepEqual(readMetadata({ chain, group: { ...group, ...fields } }), { chain })
    for (const other of [null, 7, 'all', []]) assert.deepEqual(readMetadata({ group: other }), {})
  })

  it('keeps the parent of the job, and of it what a parent is', () => {
    const parent = { id: '7', name: 'report', queue: 'default' }
    assert.deepEqual(readMetadata({ parent: { ...parent, more: 1 }, chain }), { parent, chain })
    for (const wrong of [null, 7, {}, { ...parent, id: 7 }, { ...parent, queue: undefined }]) {
      assert.deepEqual(readMetadata({ chain, parent: wrong }), { chain })
    }
  })

  it('has no tick when its instant is none', () => {
    for (const wrong of [7, null, '', 'now', '7', '2026-11-21', '2026-13-01T00:00:00.000Z'])
      assert.deepEqual(readMetadata({ chain, tick: { ...tick, scheduledFor: wrong } }), { chain })
  })

  it('of an older release, which knew less of a tick, is read as a first tick on time', () => {
    const { schedule, scheduledFor } = tick
    assert.deepEqual(readMetadata({ tick: { schedule, scheduledFor } }), {
      tick: { schedule, scheduledFor, previous: null, lagMs: 0, misfire: false },
    })
    const odd = { schedule, scheduledFor, previous: 'then', lagMs: -1, misfire: 'yes', more: 1 }
    assert.deepEqual(readMetadata({ tick: odd }), {
      tick: { schedule, scheduledFor, previous: null, lagMs: 0, misfire: false },
    })
  })

  it('has its instants in one form, since they identify the tick', () => {
    const other = { ...tick, scheduledFor: '2026-11-21T11:00+01:00', previous: '2026-11-21T09:00Z' }
    assert.deepEqual(readMetadata({ tick: other }), { tick })
  })

  it('is never a reason to fail, whatever somebody wrote into the queue', () => {
    fc.assert(fc.property(fc.anything(), value => assert.ok(readMetadata(value))))
    for (const value of [undefined, null, 'text', 7, []]) assert.deepEqual(readMetadata(value), {})
  })
})
