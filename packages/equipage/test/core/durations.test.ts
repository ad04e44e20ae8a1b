import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { durationMs, humanDuration } from '../../src/core/durations.ts'
import { isEquipageError } from '../../src/core/errors.ts'

const read = (given: unknown) => durationMs(given as string, 'job "report", timeout')

describe('a duration', () => {
  for (const [given, ms] of [
    [0, 0],
    [250, 250],
    [1.6, 2],
    ['250ms', 250],
    ['30s', 30_000],
    ['1.5h', 5_400_000],
    ['1h30m', 5_400_000],
    [' 2d ', 172_800_000],
    ['1w', 604_800_000],
    ['0s', 0],
  ] as const) {
    it(`of ${JSON.stringify(given)} is ${ms} milliseconds`, () => assert.equal(read(given), ms))
  }

  for (const given of [
    ...['', ' ', '5', '5 m', '5M', '5 minutes', '-5s', 'h', '1h-5m', '1e3s', '٣s', '.5s', '5.s'],
    ...[-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, 2 ** 53],
    ...[null, undefined, true, {}, ['5s'], 5n, '99999999999999999w', '1s'.repeat(30)],
  ]) {
    it(`of ${typeof given} ${String(given).slice(0, 30)} is refused, with the place and the value`, () => {
      assert.throws(
        () => read(given),
        error => {
          assert.ok(isEquipageError(error, 'E_BAD_DURATION'))
          assert.match(error.message, /^job "report", timeout: expected a duration such as 250/)
          assert.equal(error.fields.given, given)
          return true
        },
      )
    })
  }

  it('of parts is the sum of its parts', () => {
    const amount = fc.integer({ min: 0, max: 10_000 })
    fc.assert(
      fc.property(amount, amount, amount, (h, m, s) => {
        assert.equal(read(`${h}h${m}m${s}s`), ((h * 60 + m) * 60 + s) * 1_000)
      }),
    )
  })
})

describe('a duration for a reader', () => {
  for (const [ms, text] of [
    [0, '0ms'],
    [250, '250ms'],
    [1_000, '1s'],
    [90_000, '1m 30s'],
    [59_999, '1m'],
    [3_600_000, '1h'],
    [90_061_000, '1d 1h'],
    [172_800_000, '2d'],
  ] as const) {
    it(`shows ${ms} milliseconds as ${text}`, () => assert.equal(humanDuration(ms), text))
  }
})
