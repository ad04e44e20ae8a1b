import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runId } from '../../src/core/run-id.ts'

describe('a run id', () => {
  it('is a UUID of version 7, which begins with its millisecond', () => {
    const id = runId(1_795_800_000_123)
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.equal(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16), 1_795_800_000_123)
  })

  it('sorts by time, and is another one each time', () => {
    const ids = Array.from({ length: 2_000 }, (_, n) => runId(1_795_800_000_000 + n))
    assert.deepEqual(ids.toSorted(), ids)
    assert.equal(new Set(Array.from({ length: 2_000 }, () => runId(0))).size, 2_000)
  })
})
