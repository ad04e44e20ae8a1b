import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineJob, type KeepOptions, readKeepRule } from '../../../src/job/index.ts'

const rulesOf = (keep: KeepOptions) =>
  defineJob({ name: 'report', keep, run: () => null }).rules.keep

describe('how a job says that it is kept', () => {
  it('is read into milliseconds, and what is left out stays open', () => {
    assert.deepEqual(rulesOf({ failed: { age: '1m' } }), { failed: { ageMs: 60_000 } })
    const both = { completed: false, failed: { age: 5, count: 3 } } as const
    assert.deepEqual(rulesOf(both), { completed: false, failed: { ageMs: 5, count: 3 } })
    assert.deepEqual(rulesOf({}), {})
  })

  const wrong: [string, unknown, RegExp][] = [
    ['something that is no object', true, /job "report", keep: expected \{ completed, failed \}/],
    ['null', null, /keep: expected/],
    ['a state that is none', { complete: false }, /keep: expected/],
    ['true', { failed: true }, /keep\.failed: expected false, or/],
    ['a bare number', { completed: 10 }, /keep\.completed: expected false, or/],
    ['limits that say nothing', { failed: {} }, /keep\.failed: expected false, or/],
    ['a limit that is none', { failed: { counts: 3 } }, /keep\.failed: expected false, or/],
    ['a count of nothing', { failed: { count: 0 } }, /keep\.failed\.count: .*1 or more; false/],
    ['a part of a job', { failed: { count: 1.5 } }, /keep\.failed\.count: expected a whole/],
    ['no time at all', { completed: { age: 0 } }, /keep\.completed\.age: expected a duration/],
  ]
  for (const [what, keep, message] of wrong) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => rulesOf(keep as KeepOptions), { code: 'E_BAD_OPTION', message })
    })
  }

  it('is refused with an age that is no duration', () => {
    assert.throws(() => rulesOf({ failed: { age: 'long' } }), { code: 'E_BAD_DURATION' })
  })

  it('comes back from a store as it went there, and anything else is nothing', () => {
    for (const rule of [false, { ageMs: 1 }, { ageMs: 2, count: 3 }] as const) {
      assert.deepEqual(readKeepRule(JSON.parse(JSON.stringify(rule))), rule)
    }
    for (const other of [true, null, 'x', {}, { count: -1 }, { ageMs: 'x' }, [1]]) {
      assert.equal(readKeepRule(other), undefined)
    }
  })
})
