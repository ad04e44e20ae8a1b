import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deploymentChanges } from '../../../src/cli/schedule/deployment-changes.ts'

const entry = (name: string, definition: string) => ({ name, definition })

describe('what registering a release changes', () => {
  it('is told of every schedule, first in the order of the code, then what is removed', () => {
    const stored = [
      entry('gone', 'every 5 ms#a'),
      entry('other timing', 'every 10 ms#a'),
      entry('other action', 'every 10 ms#a'),
      entry('same', 'mon#2 at 3#a'),
    ]
    const code = [
      entry('same', 'mon#2 at 3#a'),
      entry('new', 'every 7 ms#a'),
      entry('other action', 'every 10 ms#b'),
      entry('other timing', 'every 20 ms#a'),
    ]
    assert.deepEqual(deploymentChanges(code, stored), [
      { name: 'same', change: 'leave', before: 'mon#2 at 3', after: 'mon#2 at 3' },
      { name: 'new', change: 'add', before: null, after: 'every 7 ms' },
      { name: 'other action', change: 'action', before: 'every 10 ms', after: 'every 10 ms' },
      { name: 'other timing', change: 'timing', before: 'every 10 ms', after: 'every 20 ms' },
      { name: 'gone', change: 'remove', before: 'every 5 ms', after: null },
    ])
  })

  it('is nothing where nothing is', () => assert.deepEqual(deploymentChanges([], []), []))
})
