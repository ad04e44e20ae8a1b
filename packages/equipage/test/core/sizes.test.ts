import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sizeBytes } from '../../src/core/sizes.ts'

describe('an amount of data', () => {
  for (const [given, bytes] of [
    ['0B', 0],
    ['500KB', 500_000],
    ['10MB', 10_000_000],
    ['10 mb', 10_000_000],
    ['1.5GB', 1_500_000_000],
    ['0.0004KB', 0],
  ] as const) {
    it(`of ${given} is ${bytes} bytes`, () => assert.equal(sizeBytes(given, 'here'), bytes))
  }

  for (const given of ['', '10', 'MB', '-1MB', '10MiB', '10TB', '1e3MB', '999999999999999GB', 10]) {
    it(`of ${JSON.stringify(given)} is refused, with the place and the value`, () => {
      assert.throws(() => sizeBytes(given as string, 'QUEUE_PAYLOAD_LIMIT'), {
        code: 'E_BAD_SIZE',
        message: /^QUEUE_PAYLOAD_LIMIT: expected an amount of data such as '500KB'/,
      })
    })
  }
})
