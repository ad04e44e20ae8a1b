import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EquipageError } from '../../../src/core/errors.ts'
import type { Attempt, Outcome } from '../../../src/job/attempts/attempt.ts'
import { decideOutcome } from '../../../src/job/attempts/decide-outcome.ts'
import { DoNotRetry, defineJob, Release } from '../../../src/job/index.ts'
import { StubClock } from '../../support/stub-clock.ts'
import { executionOf } from '../support/executions.ts'

const clock = new StubClock()
const backoff = { type: 'fixed', delay: '10s', jitter: 0 } as const
const job = defineJob({ name: 'report', attempts: 3, backoff, run: () => undefined })
const untilNoon = defineJob({ name: 'report', retryUntil: '1h', backoff, run: () => undefined })

async function outcomeOf(
  error: Error | undefined,
  attempt: Partial<Attempt> = {},
  definition = job,
): Promise<Outcome> {
  const execution = executionOf([definition], { pushedAt: clock.now(), ...attempt })
  const dependencies = { clock, random: () => 0 }
  return (await decideOutcome({ ...execution, error, result: 'done' }, dependencies)).outcome
}

const error = new Error('no luck')
const cancelled = new EquipageError('E_JOB_CANCELLED', { job: 'report', jobId: 'job-1' })
const repeated = new EquipageError('E_CHAIN_CHANGED', { chain: 'day', link: 1, job: 'report' })
const final = new DoNotRetry('it is gone')
const later = new Release('5m', 'the bank is closed')
const stopping = AbortSignal.abort(new Error('the worker stops'))
const anHourAgo = { pushedAt: clock.now() - 3_600_000 }

describe('the outcome of an attempt', () => {
  const cases: [string, Promise<Outcome>, Outcome][] = [
    ['without an error', outcomeOf(undefined), { state: 'completed', result: 'done' }],
    ['with an error', outcomeOf(error), { state: 'retrying', error, delayMs: 10_000 }],
    ['with an error, the last', outcomeOf(error, { attempt: 3 }), { state: 'failed', error }],
    [
      'with an error that the same data would repeat',
      outcomeOf(repeated),
      { state: 'failed', error: repeated },
    ],
    ['that says not to retry', outcomeOf(final), { state: 'failed', error: final }],
    [
      'that releases its job',
      outcomeOf(later, { attempt: 3 }),
      { state: 'released', delayMs: 300_000, reason: 'the bank is closed' },
    ],
    [
      'whose worker stops',
      outcomeOf(error, { attempt: 3, signal: stopping }),
      { state: 'released', delayMs: 0, reason: 'the worker stops' },
    ],
    [
      'whose worker stops, that says not to retry',
      outcomeOf(final, { signal: stopping }),
      { state: 'failed', error: final },
    ],
    [
      'that was cancelled, whatever its function threw',
      outcomeOf(later, { signal: AbortSignal.abort(cancelled) }),
      { state: 'failed', error: cancelled },
    ],
    [
      'that completed when it was cancelled',
      outcomeOf(undefined, { signal: AbortSignal.abort(cancelled) }),
      { state: 'completed', result: 'done' },
    ],
    [
      'with an error, when the time for retries is nearly over',
      outcomeOf(error, { pushedAt: clock.now() - 3_595_000, attempts: 99 }, untilNoon),
      { state: 'retrying', error, delayMs: 5_000 },
    ],
    [
      'with an error, when the time for retries is over',
      outcomeOf(error, { ...anHourAgo, attempts: 99 }, untilNoon),
      { state: 'failed', error },
    ],
    [
      'that releases its job, when the time for retries is over',
      outcomeOf(later, anHourAgo, untilNoon),
      { state: 'failed', error: later },
    ],
  ]
  for (const [which, given, expected] of cases) {
    const { state } = expected
    it(`${which} is ${state}`, async () => assert.deepEqual(await given, expected))
  }
})
