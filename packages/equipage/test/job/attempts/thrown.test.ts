import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DoNotRetry, defineJob, Release } from '../../../src/job/index.ts'
import { errorOf, pipeline } from '../support/attempts.ts'

const throwing = (thrown: () => Error, options: { retryUntil?: string } = {}) =>
  defineJob({
    name: 'report',
    ...options,
    run() {
      throw thrown()
    },
  })

/** The class that another copy of the package has. */
async function otherCopy(): Promise<{ DoNotRetry: typeof DoNotRetry; Release: typeof Release }> {
  return import(`../../../src/job/attempts/thrown.ts?copy=${process.pid}`)
}

describe('an attempt that says not to retry', () => {
  it('has failed for good, whatever attempts are left, and keeps message and cause', async () => {
    const cause = new Error('404')
    const { run, lines } = pipeline([throwing(() => new DoNotRetry('it is gone', { cause }))])
    const error = errorOf(await run({ attempt: 1, attempts: 9 }), 'failed')
    assert.deepEqual([error.name, error.message, error.cause], ['DoNotRetry', 'it is gone', cause])
    assert.equal(lines.at(-1)?.level, 'error')
  })

  it('may say so with the class of another copy of the package', async () => {
    const other = await otherCopy()
    assert.notEqual(other.DoNotRetry, DoNotRetry)
    const { run } = pipeline([throwing(() => new other.DoNotRetry('gone'))])
    assert.equal((await run({ attempts: 9 })).state, 'failed')
  })
})

describe('an attempt that releases its job', () => {
  it('counts for nothing: the job goes back for that long, also from its last attempt', async () => {
    const { run, lines } = pipeline([throwing(() => new Release('10m', 'the bank is closed'))])
    assert.deepEqual(await run({ attempt: 3, attempts: 3 }), {
      state: 'released',
      delayMs: 600_000,
      reason: 'the bank is closed',
    })
    const line = lines.at(-1)
    assert.deepEqual(
      [line?.level, line?.msg, line?.['reason'], line?.['delayMs']],
      ['info', 'job released, to run again later', 'the bank is closed', 600_000],
    )
  })

  it('waits a millisecond at least: what waits none was handed back by its worker', async () => {
    const outcome = await pipeline([throwing(() => new Release(0))]).run()
    assert.deepEqual(outcome, { state: 'released', delayMs: 1, reason: 'released' })
  })

  it('may do so with the class of another copy of the package', async () => {
    const other = await otherCopy()
    const outcome = await pipeline([throwing(() => new other.Release('1s'))]).run()
    assert.equal(outcome.state, 'released')
  })

  it('cannot do so for a time that is none: that is how the attempt failed', async () => {
    const { run } = pipeline([throwing(() => new Release('soon'))])
    const error = errorOf(await run(), 'retrying')
    assert.match(error.message, /^new Release\(...\): expected a duration .*'soon'/)
  })

  it('cannot do so any more when the time for retries is over', async () => {
    const { run, clock } = pipeline([
      throwing(() => new Release('1m', 'closed'), { retryUntil: '1h' }),
    ])
    const pushedAt = clock.now() - 3_600_000
    assert.equal((await run({ pushedAt: pushedAt + 1 })).state, 'released')
    assert.equal(errorOf(await run({ pushedAt }), 'failed').message, 'closed')
  })
})

describe('a job that is retried until a time has passed', () => {
  const backoff = { type: 'fixed', delay: '10m' } as const
  const failing = () => Promise.reject(new Error('no luck'))

  it('has no limit to its attempts, unless it names one', () => {
    const unlimited = defineJob({ name: 'report', retryUntil: '2h', run: failing })
    assert.equal(unlimited.attempts, 2_147_483_647)
    assert.equal(unlimited.retryUntilMs, 7_200_000)
    const limited = defineJob({ name: 'report', retryUntil: '2h', attempts: 5, run: failing })
    assert.equal(limited.attempts, 5)
    assert.equal(defineJob({ name: 'report', run: failing }).attempts, 1)
  })

  it('is retried by its backoff, at the end of the time once more, and after it no more', async () => {
    const { run, clock } = pipeline([
      defineJob({ name: 'report', retryUntil: '2h', backoff, run: failing }),
    ])
    const attempts = 2 ** 31 - 1
    const after = async (minutes: number) => {
      const outcome = await run({ attempts, pushedAt: clock.now() - minutes * 60_000 })
      return outcome.state === 'retrying' ? outcome.delayMs : outcome.state
    }
    assert.deepEqual(
      [await after(0), await after(110), await after(115), await after(120), await after(500)],
      [600_000, 600_000, 300_000, 'failed', 'failed'],
    )
  })

  it('ends before that when its attempts are used up', async () => {
    const { run } = pipeline([
      defineJob({ name: 'report', retryUntil: '2h', backoff, run: failing }),
    ])
    assert.equal((await run({ attempt: 2, attempts: 2 })).state, 'failed')
  })
})

describe('a job whose backoff function fails', () => {
  it('has failed for good, and says so', async () => {
    const { run } = pipeline([
      defineJob({
        name: 'report',
        attempts: 3,
        backoff: () => 'whenever',
        run: () => Promise.reject(new Error('no luck')),
      }),
    ])
    const error = errorOf(await run(), 'failed')
    assert.match(error.message, /^the backoff function of job "report" gave no wait .*'whenever'/)
    assert.equal((error.cause as Error).message, 'no luck')
  })
})
