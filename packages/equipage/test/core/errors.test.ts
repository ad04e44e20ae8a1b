import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { catalogue, shown } from '../../src/core/error-catalogue.ts'
import { EquipageError, isEquipageError, toError } from '../../src/core/errors.ts'

const page = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'reference', 'errors.md')

describe('the catalogue of errors', () => {
  const documented = () => {
    const headings = readFileSync(page, 'utf8').matchAll(/^### (E_\w+)\s*$/gm)
    return Array.from(headings, ([, code]) => code)
  }

  it('has every code in docs/reference/errors.md', () => {
    const listed = documented()
    assert.deepEqual(
      Object.keys(catalogue).filter(code => !listed.includes(code)),
      [],
    )
  })

  it('has no code in docs/reference/errors.md that is not raised, and none twice', () => {
    const listed = documented()
    assert.deepEqual(
      listed.filter((code, index) => !(`${code}` in catalogue) || listed.indexOf(code) !== index),
      [],
    )
  })
})

describe('an error of the framework', () => {
  const cause = new Error('below')
  const error = new EquipageError('E_BAD_DURATION', { where: 'here', given: 'soon' }, { cause })

  it('carries its code, its fields, its cause and a message made of them', () => {
    assert.equal(error.name, 'EquipageError')
    assert.equal(error.code, 'E_BAD_DURATION')
    assert.deepEqual(error.fields, { where: 'here', given: 'soon' })
    assert.equal(error.cause, cause)
    assert.match(error.message, /^here: expected a duration .*, got 'soon'$/)
  })

  it('is told apart from any other, and by its code', () => {
    assert.equal(isEquipageError(error), true)
    assert.equal(isEquipageError(error, 'E_BAD_DURATION'), true)
    assert.equal(isEquipageError(error, 'E_CONFIG'), false)
    assert.equal(isEquipageError(Object.assign(new Error('x'), { code: 'E_CONFIG' })), false)
    assert.equal(isEquipageError(undefined), false)
  })

  it('lists the faults of a configuration one a line, and says how many there are', () => {
    const faults = [
      { where: 'A in .env', given: 'x', expected: 'a number' },
      { where: 'B in the environment', given: '', unknown: true, nearest: 'C' },
    ]
    assert.equal(
      new EquipageError('E_CONFIG', { faults }).message,
      [
        'the configuration has 2 faults; nothing was started:',
        "  A in .env: expected a number, got 'x'",
        '  B in the environment: no such variable; did you mean C?',
      ].join('\n'),
    )
    const one = new EquipageError('E_CONFIG', { faults: faults.slice(0, 1) })
    assert.match(one.message, /has 1 fault; /)
  })
})

describe('anything that was thrown', () => {
  it('stays the error that it is', () => {
    const error = new TypeError('x')
    assert.equal(toError(error), error)
  })

  for (const thrown of ['text', 7, null, undefined, { message: 'not an Error' }]) {
    it(`becomes an error that shows it when it is ${shown(thrown)}`, () => {
      const error = toError(thrown)
      assert.ok(isEquipageError(error, 'E_THROWN_VALUE'))
      assert.equal(error.cause, thrown)
      assert.ok(error.message.startsWith(`${shown(thrown)} was thrown`))
    })
  }
})

describe('a value in a message', () => {
  it('is shown on one line, and cut when it is long', () => {
    const text = shown({
      rows: Array.from({ length: 500 }, (_, row) => ({ row, a: 'x'.repeat(99) })),
    })
    assert.ok(text.length <= 120 && !text.includes('\n'))
    assert.ok(text.endsWith('...'))
    assert.ok(shown('y'.repeat(10_000)).length <= 120)
    assert.equal(shown('two\nlines'), "'two\\nlines'")
  })
})
