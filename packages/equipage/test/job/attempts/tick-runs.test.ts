import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EquipageError } from '../../../src/core/errors.ts'
import {
  type Attempt,
  defineChain,
  defineJob,
  type PushedJob,
  type TickRuns,
} from '../../../src/job/index.ts'
import { tickMetadata } from '../../support/tick-metadata.ts'
import { pipeline } from '../support/attempts.ts'

const tick = tickMetadata()

/** What was told, in order: `began report`, `ended report: ok`, `ended report: no luck`. */
function listener() {
  const told: string[] = []
  const tickRuns: TickRuns = {
    began: async ({ name }) => void told.push(`began ${name}`),
    ended: async ({ name }, outcome) =>
      void told.push(`ended ${name}: ${outcome.ok ? 'ok' : outcome.error.message}`),
  }
  return { told, tickRuns }
}

const working = defineJob({ name: 'report', run: () => 'done' })
const failing = defineJob({ name: 'report', attempts: 3, run: () => Promise.reject('no luck') })

describe('the run of a tick, as it is told', () => {
  it('begins before its job does, and ends after it', async () => {
    const { told, tickRuns } = listener()
    const definition = defineJob({ name: 'report', run: () => told.push('run') })
    await pipeline([definition], { tickRuns }).run({ metadata: { tick } })
    assert.deepEqual(told, ['began report', 'run', 'ended report: ok'])
  })

  it('is told of ticks alone', async () => {
    const { told, tickRuns } = listener()
    await pipeline([working], { tickRuns }).run()
    assert.deepEqual(told, [])
  })

  it('begins with its first attempt, and ends when there is none left', async () => {
    const { told, tickRuns } = listener()
    const { run } = pipeline([failing], { tickRuns })
    for (const attempt of [1, 2]) await run({ attempt, metadata: { tick } })
    assert.deepEqual(told, ['began report'])
    await run({ attempt: 3, metadata: { tick } })
    assert.equal(told.length, 2)
    assert.match(String(told[1]), /^ended report: 'no luck' was thrown/)
  })

  it('ends at once where another attempt would fail for the same reason', async () => {
    const { told, tickRuns } = listener()
    const definition = defineJob({ name: 'report', attempts: 3, run: () => Number.NaN })
    await pipeline([definition], { tickRuns }).run({ metadata: { tick } })
    assert.equal(told.length, 2)
    assert.match(String(told[1]), /^ended report: result of job "report" is not JSON/)
  })

  it('ends when its job is in no release for too long', async () => {
    const { told, tickRuns } = listener()
    const { run, clock } = pipeline([], { tickRuns })
    await run({ starts: 1, metadata: { tick } })
    assert.deepEqual(told, [])
    clock.advance(600_000)
    await run({ starts: 2, metadata: { tick } })
    assert.match(told.join(), /^ended nobody: no release that knows job "nobody"/)
  })

  it('of a chain begins with its first job, and ends with its last', async () => {
    const { told, tickRuns } = listener()
    const last = defineJob({ name: 'last', run: () => null })
    const day = defineChain({ name: 'day', start: working }).andThen(last, () => ({}))
    const { run, pushed } = pipeline([working, last, day], { tickRuns })
    await run({ metadata: { tick, chain: { name: 'day', id: 'a', link: 0 } } })
    assert.deepEqual(told, ['began report'])
    const [next] = pushed as [PushedJob]
    await run({ name: next.name, data: next.data, metadata: next.metadata })
    assert.deepEqual(told, ['began report', 'ended last: ok'])
  })

  it('of a chain ends with a job of it that fails for good', async () => {
    const { told, tickRuns } = listener()
    const day = defineChain({ name: 'day', start: working }).andThen(working, () => ({}))
    const push = () => Promise.reject(new Error('no connection'))
    const { run } = pipeline([working, day], { tickRuns, push })
    const chain = { name: 'day', id: 'a', link: 0 }
    await run({ attempts: 2, metadata: { tick, chain } })
    assert.deepEqual(told, ['began report'])
    await run({ attempt: 2, attempts: 2, metadata: { tick, chain } })
    assert.deepEqual(told, ['began report', 'ended report: no connection'])
  })

  it('changes nothing when whoever is told fails', async () => {
    const tickRuns: TickRuns = {
      began: () => Promise.reject(new Error('not now')),
      ended() {
        throw new Error('nor then')
      },
    }
    const { run, lines } = pipeline([working], { tickRuns })
    assert.equal((await run({ metadata: { tick } })).state, 'completed')
    const failures = lines.filter(({ msg }) => msg === 'the run of a tick could not be followed')
    assert.deepEqual(
      failures.map(({ err }) => (err as Error).message),
      ['not now', 'nor then'],
    )
  })
})

describe('whoever is told of a run and does not come back', () => {
  const stopping = new EquipageError('E_STOPPING', {})
  const stuck = () => {
    const { promise, resolve } = Promise.withResolvers<Attempt>()
    const never = (attempt: Attempt) => {
      resolve(attempt)
      return new Promise<never>(() => undefined)
    }
    return { never, told: promise }
  }

  it('does not keep a worker that has to let go: the job is handed back before it ran', async () => {
    const { never, told } = stuck()
    const worker = new AbortController()
    const definition = defineJob({ name: 'report', run: () => assert.fail('it ran') })
    const tickRuns = { began: never, ended: async () => assert.fail('it has not ended') }
    const running = pipeline([definition], { tickRuns }).run({
      signal: worker.signal,
      metadata: { tick },
    })
    await told
    worker.abort(stopping)
    assert.equal((await running).state, 'released')
  })

  it('does not change how the job ended', async () => {
    const { never, told } = stuck()
    const worker = new AbortController()
    const tickRuns = { began: async () => undefined, ended: never }
    const running = pipeline([working], { tickRuns }).run({
      signal: worker.signal,
      metadata: { tick },
    })
    await told
    worker.abort(stopping)
    assert.equal((await running).state, 'completed')
  })
})
