import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { table } from '../../../src/cli/terminal/table.ts'

describe('a table', () => {
  it('has columns as wide as their widest cell, and nothing at the end of a line', () => {
    const rows = [
      ['report', 'a'],
      ['x', 'quite wide'],
      ['y', ''],
    ]
    assert.equal(
      table(['name', 'what'], rows),
      ['name    what', '------  ----------', 'report  a', 'x       quite wide', 'y'].join('\n'),
    )
  })

  it('without rows is its headings', () => {
    assert.equal(table(['name', 'what'], []), 'name  what\n----  ----')
  })

  it('takes a row that is too short', () => {
    assert.equal(table(['a', 'b'], [['1']]), 'a  b\n-  -\n1')
  })
})
