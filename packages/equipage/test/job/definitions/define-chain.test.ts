import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { defineChain, defineJob, firstJob } from '../../../src/job/index.ts'

const ingest = defineJob({
  name: 'ingest',
  payload: z.object({ date: z.string() }),
  run: ({ payload }) => ({ rows: payload.date.length }),
})
const report = defineJob({
  name: 'report',
  payload: z.object({ rows: z.number() }),
  run: () => 'done',
})

describe('a chain', () => {
  it('has its jobs in the order in which they were written', () => {
    const chain = defineChain({ name: 'day', start: ingest })
      .andThen(report, ({ rows }) => ({ rows }))
      .andThen(ingest, text => ({ date: text }))
    assert.equal(chain.kind, 'chain')
    assert.equal(chain.name, 'day')
    assert.deepEqual(
      chain.links.map(link => link.job.name),
      ['ingest', 'report', 'ingest'],
    )
    assert.equal(chain.links[0]?.payloadOf, undefined)
    assert.deepEqual(chain.links[1]?.payloadOf?.({ rows: 3 }), { rows: 3 })
    assert.equal(firstJob(chain), ingest)
  })

  it('is not changed by the one that goes on from it', () => {
    const short = defineChain({ name: 'day', start: ingest })
    const long = short.andThen(report, result => result)
    assert.deepEqual([short.links.length, long.links.length], [1, 2])
  })

  it('is no promise: awaiting it gives the chain', async () => {
    const chain = defineChain({ name: 'day', start: ingest })
    assert.equal(await chain, chain)
  })

  it('is refused with a name that is none', () => {
    assert.throws(() => defineChain({ name: 'a day', start: ingest }), {
      code: 'E_BAD_NAME',
      message: /^'a day' is no name for a chain; use/,
    })
  })

  it('is refused when what it begins or goes on with is no job', () => {
    const chain = defineChain({ name: 'day', start: ingest })
    const expected = 'expected a job without unique, debounce and throttle, got'
    assert.throws(() => defineChain({ name: 'week', start: chain as never }), {
      code: 'E_BAD_OPTION',
      message: new RegExp(`^chain "week", start: ${expected} \\{ kind: 'chain', name: 'day'`),
    })
    assert.throws(() => defineChain({ name: 'week' } as never), {
      code: 'E_BAD_OPTION',
      message: `chain "week", start: ${expected} undefined`,
    })
    assert.throws(() => chain.andThen('report' as never, () => ({})), {
      code: 'E_BAD_OPTION',
      message: `chain "day", andThen(..., ...), job: ${expected} 'report'`,
    })
  })

  it('is refused when the next payload is no function of the result', () => {
    const chain = defineChain({ name: 'day', start: ingest })
    assert.throws(() => chain.andThen(report, { rows: 1 } as never), {
      code: 'E_BAD_OPTION',
      message:
        'chain "day", andThen(report, ...): expected a function of the result before it, got { rows: 1 }',
    })
  })

  it('ends with a failure, unless an edge of it says that it goes on', () => {
    const chain = defineChain({ name: 'day', start: ingest })
      .andThen(report, () => ({ rows: 1 }), { onFailure: 'continue' })
      .andThen(ingest, () => ({ date: '' }))
    assert.deepEqual(
      chain.links.map(({ onFailure }) => onFailure),
      ['fail', 'continue', 'fail'],
    )
    assert.throws(
      () => chain.andThen(ingest, () => ({ date: '' }), { onFailure: 'go' as 'fail' }),
      {
        code: 'E_BAD_OPTION',
        message:
          "chain \"day\", andThen(ingest, ...), onFailure: expected 'fail' or 'continue', got 'go'",
      },
    )
  })
})

describe('the first job', () => {
  it('of a job is the job itself', () => {
    assert.equal(firstJob(report), report)
  })
})
