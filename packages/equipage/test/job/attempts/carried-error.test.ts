import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EquipageError, isEquipageError } from '../../../src/core/errors.ts'
import { carriedError, revivedError } from '../../../src/job/attempts/carried-error.ts'
import {
  DoNotRetry,
  isDoNotRetry,
  Release,
  releaseDelay,
} from '../../../src/job/attempts/thrown.ts'

/** An error on the other side of a channel that carries JSON. */
const carried = (thrown: unknown): Error =>
  revivedError(JSON.parse(JSON.stringify(carriedError(thrown))))

describe('an error that goes to another process', () => {
  it('keeps its name, message, stack, code and causes', () => {
    const reason = Object.assign(new Error('no such file'), { code: 'ENOENT' })
    const given = new RangeError('out of reach', { cause: reason })
    const arrived = carried(given)
    assert.equal(String(arrived), 'RangeError: out of reach')
    assert.equal(arrived.stack, given.stack)
    assert.equal((arrived.cause as { code?: unknown }).code, 'ENOENT')
  })

  it('is still one of the catalogue, with its fields', () => {
    const arrived = carried(new EquipageError('E_JOB_TIMEOUT', { job: 'report', timeoutMs: 5 }))
    assert.ok(isEquipageError(arrived, 'E_JOB_TIMEOUT'))
    assert.deepEqual(arrived.fields, { job: 'report', timeoutMs: 5 })
  })

  it('has its message, whatever became of its fields', () => {
    const given = new EquipageError('E_BAD_OPTION', {
      ...{ where: 'job "report"', option: 'attempts', expected: 'a number' },
      given: 1n,
    })
    assert.equal(carried(given).message, given.message)
  })

  it('still says that its job has failed for good, or goes back', () => {
    assert.ok(isDoNotRetry(carried(new DoNotRetry('it is gone'))))
    const released = carried(new Release('2s', 'not yet'))
    assert.deepEqual([releaseDelay(released), released.message], [2_000, 'not yet'])
  })

  it('may have a cause that is its own, and a thrown text is one too', () => {
    const circle = new Error('round and round')
    circle.cause = circle
    assert.equal(carried(circle).message, 'round and round')
    assert.match(carried('oops').message, /'oops' was thrown/)
  })
})

describe('what arrives in the place of an error', () => {
  for (const foul of [undefined, null, 7, 'text', [], {}, { message: 7, stack: {}, cause: 3 }]) {
    it(`is an error that says so: ${JSON.stringify(foul)}`, () => {
      assert.equal(revivedError(foul).message, 'an error without a message')
    })
  }

  it('is a plain error where its code or its fields fit no entry of the catalogue', () => {
    for (const [code, fields] of [
      ['toString'],
      ['E_NOWHERE', {}],
      ['E_CONFIG', {}],
      ['E_STOPPING'],
    ]) {
      const arrived = revivedError({ message: 'forged', code, fields, releaseMs: -1 })
      assert.deepEqual([arrived.constructor, arrived.message], [Error, 'forged'])
      assert.equal((arrived as { code?: unknown }).code, code)
    }
  })
})
