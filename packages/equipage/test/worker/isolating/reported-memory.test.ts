import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReportedMemory } from '../../../src/worker/isolating/reported-memory.ts'

describe('what an isolated process writes of its memory', () => {
  it('is the last amount that has arrived whole, however it was cut', () => {
    const told = new ReportedMemory()
    assert.equal(told.read('123'), undefined)
    assert.equal(told.read('45'), undefined)
    assert.equal(told.read('\n70000\n8'), 70_000)
    assert.equal(told.read(''), undefined)
    assert.equal(told.read('1\n'), 81)
  })

  it('is passed over where it has another form, and goes on after it', () => {
    const told = new ReportedMemory()
    for (const odd of [
      'much',
      '-1',
      '1e9',
      '0x10',
      '',
      ' 12',
      '1.5',
      'Infinity',
      '1234567890123456',
    ]) {
      assert.equal(told.read(`${odd}\n`), undefined, odd)
    }
    assert.equal(told.read('12\nmuch\n'), 12)
    assert.equal(told.read('999999999999999\n'), 999_999_999_999_999)
  })

  it('that never ends a line is not kept, and is not taken for one when it does', () => {
    const told = new ReportedMemory()
    for (let piece = 0; piece < 100; piece++) assert.equal(told.read('1'), undefined)
    assert.equal(told.read('\n'), undefined)
    assert.equal(told.read('12\n'), 12)
  })
})
