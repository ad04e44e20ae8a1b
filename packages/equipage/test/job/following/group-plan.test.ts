import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readEnd, readPlan } from '../../../src/job/index.ts'

const plan = {
  name: 'all',
  fanOut: { queue: 'default', id: '7' },
  data: { n: 3 },
  metadata: { tags: ['pushed'] },
  slots: [{ key: 'one', list: false, onFailure: 'fail' }],
  members: [{ slot: 0, job: 'count', queue: 'default' }],
  finally: { job: 'tell', queue: 'default' },
}

describe('the plan of a group that comes back from a store', () => {
  it('is what was put in', () => {
    assert.deepEqual(readPlan(JSON.stringify(plan)), plan)
    assert.deepEqual(readPlan(JSON.stringify({ ...plan, finally: null })), {
      ...plan,
      finally: null,
    })
  })

  it('is none where it does not have the form of one', () => {
    for (const wrong of [
      { name: 7 },
      { fanOut: null },
      { fanOut: { queue: 'default', id: 7 } },
      { slots: {} },
      { slots: [{ key: 'one', list: 'no', onFailure: 'fail' }] },
      { slots: [{ key: 'one', list: false, onFailure: 'go' }] },
      { members: [{ slot: 1, job: 'count', queue: 'default' }] },
      { members: [{ slot: -1, job: 'count', queue: 'default' }] },
      { members: [{ slot: 0, job: 'count' }] },
      { finally: undefined },
      { finally: { job: 'tell' } },
    ])
      assert.equal(
        readPlan(JSON.stringify({ ...plan, ...wrong })),
        undefined,
        JSON.stringify(wrong),
      )
    for (const text of [undefined, null, '', 'no JSON', '7', '[]', 'null'])
      assert.equal(readPlan(text), undefined)
  })
})

describe('the end of a member that comes back from a store', () => {
  it('is what was put in, or none', () => {
    const failed = { state: 'failed', error: { name: 'Error', message: 'no' } } as const
    assert.deepEqual(readEnd(JSON.stringify(failed)), failed)
    assert.deepEqual(readEnd('{"state":"completed","result":[1]}'), {
      state: 'completed',
      result: [1],
    })
    for (const text of [
      null,
      'x',
      '{}',
      '{"state":"failed"}',
      '{"state":"failed","error":{"name":7}}',
    ])
      assert.equal(readEnd(text), undefined)
  })

  it('is never a reason to fail, whatever stands there', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        readEnd(text)
        readPlan(text)
      }),
    )
  })
})
