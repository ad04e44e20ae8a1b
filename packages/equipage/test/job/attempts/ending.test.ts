import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EquipageError } from '../../../src/core/errors.ts'
import type { Outcome } from '../../../src/job/attempts/attempt.ts'
import { type EndingDependencies, followUp, logOutcome } from '../../../src/job/attempts/ending.ts'
import { FollowUps, GroupRuns } from '../../../src/job/following/index.ts'
import { defineChain, defineJob, type PushedJob } from '../../../src/job/index.ts'
import { MemoryGroups } from '../../../src/simulation/memory-groups.ts'
import { capturedLog } from '../../support/captured-log.ts'
import { StubClock } from '../../support/stub-clock.ts'
import { receiptOf } from '../support/attempts.ts'
import { executionOf } from '../support/executions.ts'

const first = defineJob({ name: 'first', attempts: 2, run: () => undefined })
const second = defineJob({ name: 'second', run: () => undefined })
const chain = defineChain({ name: 'both', start: first }).andThen(second, () => ({}))
const next: PushedJob = {
  id: 'run-1-1',
  name: 'second',
  queue: 'default',
  data: {},
  attempts: 1,
  delayMs: 0,
  priority: 0,
  metadata: { chain: { name: 'both', id: 'run-1', link: 1 } },
}

function dependencies(push: (job: PushedJob) => Promise<ReturnType<typeof receiptOf>>) {
  const clock = new StubClock()
  const { log, lines } = capturedLog()
  const given = { clock, log, push, groups: async () => new MemoryGroups(clock) }
  const followUps = new FollowUps(given, new GroupRuns(given))
  const ending: EndingDependencies = { clock, random: () => 0, followUps }
  return { ending, lines }
}

const ended = (outcome: Outcome, attempt = {}) => ({
  ...executionOf([first, second, chain], {
    attempts: 2,
    metadata: { chain: { name: 'both', id: 'run-1', link: 0 } },
    ...attempt,
  }),
  followUp: { next },
  outcome,
})

describe('what follows an attempt', () => {
  const completed = { state: 'completed', result: null } as const
  const away = () =>
    Promise.reject(
      new EquipageError('E_CONNECTION_AWAY', {
        connection: 'Redis',
        address: 'nowhere',
        reason: 'ECONNREFUSED',
      }),
    )

  it('that completed is pushed, and named in the outcome', async () => {
    const { ending } = dependencies(async job => receiptOf(job))
    const { outcome } = await followUp(ended(completed), ending)
    assert.deepEqual(outcome, { ...completed, next: receiptOf(next) })
  })

  it('that completed and could not be pushed fails the attempt, which is retried', async () => {
    const { ending } = dependencies(away)
    const { outcome } = await followUp(ended(completed), ending)
    assert.equal(outcome.state, 'retrying')
  })

  it('that completed as the last one and could not be pushed fails the job, and its chain with it', async () => {
    const { ending, lines } = dependencies(away)
    const { outcome } = await followUp(ended(completed, { attempt: 2 }), ending)
    assert.equal(outcome.state, 'failed')
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['chain failed'],
    )
  })

  for (const outcome of [
    { state: 'retrying', error: new Error('no luck'), delayMs: 0 },
    { state: 'released', reason: 'closed', delayMs: 1 },
  ] as const) {
    it(`that is ${outcome.state} is nothing yet`, async () => {
      const { ending } = dependencies(() => assert.fail('it was pushed'))
      const execution = ended(outcome)
      assert.equal(await followUp(execution, ending), execution)
    })
  }
})

describe('the line at the end of an attempt', () => {
  const clock = new StubClock()
  clock.advance(1_500)
  const lineOf = (outcome: Outcome) => {
    const captured = capturedLog()
    logOutcome({ ...executionOf([first], {}, captured), outcome, startedAt: 250 }, { clock })
    const [line] = captured.lines
    return [line?.level, line?.msg, line?.['outcome'], line?.['durationMs']]
  }
  const error = new Error('no luck')

  for (const [outcome, level, text] of [
    [{ state: 'completed', result: null }, 'info', 'job completed'],
    [{ state: 'failed', error }, 'error', 'job failed'],
    [{ state: 'retrying', error, delayMs: 10 }, 'warn', 'job failed, to be retried'],
    [{ state: 'released', reason: 'x', delayMs: 10 }, 'info', 'job released, to run again later'],
    [{ state: 'released', reason: 'x', delayMs: 0 }, 'info', 'job handed back'],
  ] as const) {
    it(`of a ${outcome.state} one is "${text}", with how long its work took`, () => {
      assert.deepEqual(lineOf(outcome), [level, text, outcome.state, 1_250])
    })
  }
})
