import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nearest } from '../../src/core/nearest.ts'

describe('the nearest name', () => {
  it('is the one that a slip of the fingers meant', () => {
    const known = ['QUEUE_CONNECTION', 'REDIS_HOST', 'REDIS_PORT']
    assert.equal(nearest('QUEUE_CONECTION', known), 'QUEUE_CONNECTION')
    assert.equal(nearest('REDIS_PROT', known), 'REDIS_PORT')
    assert.equal(nearest('RDIS_HOST', known), 'REDIS_HOST')
  })

  it('is looked for without regard to case', () => {
    assert.equal(nearest('Report.Rebuild', ['report.rebuild']), 'report.rebuild')
  })

  it('is the closest of several that are near', () => {
    assert.equal(nearest('reports', ['report', 'reporst', 'reports2', 'reportss']), 'report')
    assert.equal(nearest('abcde', ['abcxx', 'abcdx']), 'abcdx')
  })

  it('is none when nothing is near, or nothing is known', () => {
    assert.equal(nearest('flights.ingest', ['report.delays']), undefined)
    assert.equal(nearest('anything', []), undefined)
  })

  it('is none when a short name has no character in common', () => {
    assert.equal(nearest('hi', ['ok']), undefined)
  })

  it('may differ in a third of a long name, and in no more', () => {
    assert.equal(nearest('abcdefxxx', ['abcdefghi']), 'abcdefghi')
    assert.equal(nearest('abcdexxxx', ['abcdefghi']), undefined)
  })
})
