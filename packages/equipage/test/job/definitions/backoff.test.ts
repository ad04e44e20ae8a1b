import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  type BackoffChoice,
  type BackoffOptions,
  backoffMs,
  readBackoff,
} from '../../../src/job/definitions/backoff.ts'

const failed = (attempt: number) => ({ job: 'report', attempt, error: new Error('no luck') })

const waits = (options: BackoffChoice | undefined, random = 0, attempts = 6) => {
  const backoff = readBackoff(options, 'job "report"')
  return Array.from({ length: attempts }, (_, index) =>
    backoffMs(backoff, failed(index + 1), () => random),
  )
}

describe('a backoff', () => {
  it('that is fixed waits the same each time', () => {
    assert.deepEqual(waits({ type: 'fixed', delay: '30s' }, 0, 3), [30_000, 30_000, 30_000])
  })

  it('that is exponential doubles from attempt to attempt, up to its cap', () => {
    const options = { type: 'exponential', delay: '1s', jitter: 0, cap: '10s' } as const
    assert.deepEqual(waits(options), [1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
  })

  it('that is left out is exponential from a second, with half of it left to chance, up to an hour', () => {
    assert.deepEqual(readBackoff(undefined, 'x'), {
      type: 'exponential',
      delayMs: 1_000,
      jitter: 0.5,
      capMs: 3_600_000,
    })
    assert.deepEqual(waits(undefined, 0, 3), [1_000, 2_000, 4_000])
    assert.deepEqual(waits(undefined, 0.5, 3), [750, 1_500, 3_000])
    assert.equal(waits(undefined, 0, 20).at(-1), 3_600_000)
  })

  it('keeps every option that is given', () => {
    assert.deepEqual(readBackoff({ type: 'fixed', delay: '2s', jitter: 0.25, cap: '3s' }, 'x'), {
      type: 'fixed',
      delayMs: 2_000,
      jitter: 0.25,
      capMs: 3_000,
    })
  })

  it('is a whole number of milliseconds between the share that jitter leaves and the cap, always', () => {
    const options = fc.record({
      type: fc.constantFrom('fixed' as const, 'exponential' as const),
      delay: fc.integer({ min: 0, max: 1e9 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      cap: fc.integer({ min: 0, max: 1e9 }),
    })
    const attempt = fc.oneof(fc.integer({ min: 1, max: 80 }), fc.constantFrom(2_000, 2 ** 53 - 1))
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(options, attempt, random, (given, attempt, drawn) => {
        const ms = backoffMs(readBackoff(given, 'x'), failed(attempt), () => drawn)
        assert.ok(Number.isSafeInteger(ms), String(ms))
        const doublings = given.type === 'fixed' ? 0 : Math.min(attempt - 1, 60)
        const whole = Math.min(given.delay * 2 ** doublings, given.cap)
        assert.ok(ms <= whole && ms >= Math.floor(whole * (1 - given.jitter)), `${ms} of ${whole}`)
      }),
      { numRuns: 1_000 },
    )
  })

  it('never shortens from one attempt to the next, when nothing is left to chance', () => {
    const backoff = readBackoff({ type: 'exponential', delay: 3, jitter: 0, cap: '1d' }, 'x')
    for (let attempt = 1; attempt < 200; attempt++) {
      const [wait, next] = [attempt, attempt + 1].map(nth =>
        backoffMs(backoff, failed(nth), () => 0),
      )
      assert.ok(Number(next) >= Number(wait))
    }
  })
})

describe('a backoff that is a list', () => {
  it('gives its waits one after the other, and the last one again and again', () => {
    assert.deepEqual(
      waits(['1s', '10s', 60_000], 0.5),
      [1_000, 10_000, 60_000, 60_000, 60_000, 60_000],
    )
  })

  it('has one wait at least, and durations only', () => {
    const read = (list: readonly (string | number)[]) => readBackoff(list, 'job "report"')
    assert.throws(() => read([]), { code: 'E_BAD_OPTION', message: /one duration or more/ })
    assert.throws(() => read(['1s', 'soon']), { message: /job "report", backoff\[1\]: .*'soon'/ })
  })
})

describe('a backoff that is a function', () => {
  it('is told the attempt and its error, and gives a duration', () => {
    const wait = (attempt: number, error: Error) => (error.message === 'no luck' ? attempt * 7 : '')
    assert.deepEqual(waits(wait, 0.5, 3), [7, 14, 21])
    assert.deepEqual(
      waits(() => '1m30s', 0, 1),
      [90_000],
    )
  })

  for (const [what, wait] of [
    ['throws', () => assert.fail('a typo')],
    ['gives a negative number', () => -1],
    ['gives NaN', () => Number.NaN],
    ['gives nothing', () => undefined as unknown as number],
    ['gives a promise', () => Promise.resolve(1) as unknown as number],
  ] as const) {
    it(`that ${what} is a fault that names the job, the fault and how the attempt had failed`, () => {
      const error = failed(2).error
      const fault = () =>
        backoffMs(readBackoff(wait, 'x'), { job: 'report', attempt: 2, error }, () => 0)
      const message = /backoff function of job "report" gave no wait \(.+\).*failed with: no luck/
      assert.throws(fault, { code: 'E_BACKOFF', message, cause: error })
    })
  }
})

describe('a backoff that is written wrong', () => {
  for (const [options, code, message] of [
    [{ type: 'linear', delay: 1 }, 'E_BAD_OPTION', /job "report", backoff\.type: .*'linear'/],
    [
      { type: 'fixed', delay: 1, jitter: 1.5 },
      'E_BAD_OPTION',
      /backoff\.jitter: .*0 to 1, got 1\.5/,
    ],
    [{ type: 'fixed', delay: 1, jitter: -1 }, 'E_BAD_OPTION', /backoff\.jitter/],
    [{ type: 'fixed', delay: 1, jitter: Number.NaN }, 'E_BAD_OPTION', /backoff\.jitter/],
    [{ type: 'fixed', delay: 'soon' }, 'E_BAD_DURATION', /job "report", backoff\.delay: .*'soon'/],
    [{ type: 'fixed', delay: 1, cap: -1 }, 'E_BAD_DURATION', /job "report", backoff\.cap: .*-1/],
  ] as const) {
    it(`is refused: ${JSON.stringify(options)}`, () => {
      const read = () => readBackoff(options as BackoffOptions, 'job "report"')
      assert.throws(read, { code, message })
    })
  }
})
