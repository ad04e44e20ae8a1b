import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readStamp } from '../../src/job/index.ts'

const chain = { name: 'day', id: 'a1-B_2', link: 1 }
const tick = { schedule: 'hourly', scheduledFor: '2026-11-21T10:00:00.000Z' }

describe('a stamp that comes back from a queue', () => {
  it('is what was put in', () => {
    assert.deepEqual(readStamp({ chain, tick }), { chain, tick })
    assert.deepEqual(readStamp({ tick }), { tick })
    assert.deepEqual(readStamp({}), {})
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
      assert.deepEqual(readStamp({ chain: wrong, tick }), { tick })
    }
    for (const wrong of [null, 7, {}, { schedule: 'hourly' }, { ...tick, scheduledFor: 7 }]) {
      assert.deepEqual(readStamp({ chain, tick: wrong }), { chain })
    }
  })

  it('is never a reason to fail, whatever somebody wrote into the queue', () => {
    fc.assert(fc.property(fc.anything(), value => assert.ok(readStamp(value))))
    for (const value of [undefined, null, 'text', 7, []]) assert.deepEqual(readStamp(value), {})
  })
})
