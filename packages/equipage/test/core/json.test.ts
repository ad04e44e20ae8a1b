import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { throughJson } from '../../src/core/json.ts'

const through = (value: unknown) => throughJson(value, 'result of job "report"')

class Point {
  x = 1
}

const circle: Record<string, unknown> = { name: 'round' }
circle['inside'] = [circle]

/** What JSON would drop, change or refuse, with where it is found and as what. */
const misfits: [value: unknown, at: string, found: string][] = [
  [() => 1, '', 'a function'],
  [{ make: { it() {} } }, 'make.it', 'a function'],
  [Symbol('s'), '', 'a symbol'],
  [{ rows: [{ id: 7n }] }, 'rows[0].id', 'a bigint'],
  [Number.NaN, '', 'NaN'],
  [{ mean: Number.POSITIVE_INFINITY }, 'mean', 'Infinity'],
  [new Map([['a', 1]]), '', 'an instance of Map'],
  [{ seen: new Set([1]) }, 'seen', 'an instance of Set'],
  [{ where: new Point() }, 'where', 'an instance of Point'],
  [{ raw: new Uint8Array(2) }, 'raw', 'an instance of Uint8Array'],
  [{ err: new Error('x') }, 'err', 'an instance of Error'],
  [[1, undefined], '[1]', 'undefined'],
  [Array(2), '[0]', 'undefined'],
  [{ on: new Date(Number.NaN) }, 'on', 'an invalid Date'],
  [circle, 'inside[0]', 'an object that it stands in itself'],
]

describe('what crosses a queue', () => {
  it('is any JSON, exactly as it is', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), value => {
        const plain = JSON.parse(JSON.stringify(value))
        assert.deepEqual(through(plain), plain)
      }),
    )
  })

  it('is what JSON makes of dates, of what is undefined and of nothing at all', () => {
    const date = new Date('2026-11-21T10:00:00Z')
    assert.deepEqual(through({ date, gone: undefined }), { date: '2026-11-21T10:00:00.000Z' })
    assert.equal(through(undefined), null)
    assert.deepEqual(through(Object.assign(Object.create(null), { a: 1 })), { a: 1 })
  })

  it('is a copy: changing one side leaves the other', () => {
    const given = { rows: [1] }
    const carried = through(given)
    given.rows.push(2)
    assert.deepEqual(carried, { rows: [1] })
  })

  it('may hold the same object in two places', () => {
    const shared = { id: 1 }
    assert.deepEqual(through({ a: shared, b: [shared] }), { a: { id: 1 }, b: [{ id: 1 }] })
  })
})

describe('what JSON would lose', () => {
  for (const [value, path, found] of misfits) {
    const where = path === '' ? '' : ` at ${path}`
    it(`is refused: ${found}${where}`, () => {
      assert.throws(() => through(value), {
        code: 'E_NOT_JSON',
        message: `result of job "report" is not JSON${where}: ${found}; use plain objects, arrays, texts, finite numbers, true, false and null`,
      })
    })
  }

  it('is refused with its reason when a toJSON throws', () => {
    const value = {
      toJSON() {
        throw new Error('sealed')
      },
    }
    assert.throws(() => through(value), { code: 'E_NOT_JSON', message: /is not JSON: sealed;/ })
  })

  it('is refused when it is nested deeper than the stack can hold', () => {
    let deep: unknown = 1
    for (let level = 0; level < 20_000; level++) deep = { deep }
    assert.throws(() => through(deep), { code: 'E_NOT_JSON' })
  })
})
