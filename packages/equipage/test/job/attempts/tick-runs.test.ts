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

/** Every notification, in order: `began report`, `ended report: ok`, `ended report: no luck`. */
function listener() {
  const notified: string[] = []
  const tickRuns: TickRuns = {
    began: async ({ name }) => void notified.push(`began ${name}`),
    ended: async ({ name }, outcome) =>
      void notified.push(`ended ${name}: ${outcome.ok ? 'ok' : outcome.error.message}`),
  }
  return { notified, tickRuns }
}

const working = defineJob({ name: 'report', run: () => 'done' })
const failing = defineJob({ name: 'report', attempts: 3, run: () => Promise.reject('no luck') })

describe('notifications of the run of a tick', () => {
  it('say that it begins before its job does, and that it ends after it', async () => {
    const { notified, tickRuns } = listener()
    const definition = defineJob({ name: 'report', run: () => notified.push('run') })
    await pipeline([definition], { tickRuns }).run({ metadata: { tick } })
    assert.deepEqual(notified, ['began report', 'run', 'ended report: ok'])
  })

  it('are sent for ticks alone', async () => {
    const { notified, tickRuns } = listener()
    await pipeline([working], { tickRuns }).run()
    assert.deepEqual(notified, [])
  })

  it('say that it begins with its first attempt, and ends when there is none left', async () => {
    const { notified, tickRuns } = listener()
    const { run } = pipeline([failing], { tickRuns })
    for (const attempt of [1, 2]) await run({ attempt, metadata: { tick } })
    assert.deepEqual(notified, ['began report'])
    await run({ attempt: 3, metadata: { tick } })
    assert.equal(notified.length, 2)
    assert.match(String(notified[1]), /^ended report: 'no luck' was thrown/)
  })

  it('say that it ends at once where another attempt would fail for the same reason', async () => {
    const { notified, tickRuns } = listener()
    const definition = defineJob({ name: 'report', attempts: 3, run: () => Number.NaN })
    await pipeline([definition], { tickRuns }).run({ metadata: { tick } })
    assert.equal(notified.length, 2)
    assert.match(String(notified[1]), /^ended report: result of job "report" is not JSON/)
  })

  it('say that it ends when no deployment knows its job for too long', async () => {
    const { notified, tickRuns } = listener()
    const { run, clock } = pipeline([], { tickRuns })
    await run({ starts: 1, metadata: { tick } })
    assert.deepEqual(notified, [])
    clock.advance(600_000)
    await run({ starts: 2, metadata: { tick } })
    assert.match(notified.join(), /^ended nobody: no deployment that knows job "nobody"/)
  })

  it('say that a chain begins with its first job, and ends with its last', async () => {
    const { notified, tickRuns } = listener()
    const last = defineJob({ name: 'last', run: () => null })
    const day = defineChain({ name: 'day', start: working }).andThen(last, () => ({}))
    const { run, pushed } = pipeline([working, last, day], { tickRuns })
    await run({ metadata: { tick, chain: { name: 'day', id: 'a', link: 0 } } })
    assert.deepEqual(notified, ['began report'])
    const [next] = pushed as [PushedJob]
    await run({ name: next.name, data: next.data, metadata: next.metadata })
    assert.deepEqual(notified, ['began report', 'ended last: ok'])
  })

  it('say that a chain ends with a job of it that fails for good', async () => {
    const { notified, tickRuns } = listener()
    const day = defineChain({ name: 'day', start: working }).andThen(working, () => ({}))
    const push = () => Promise.reject(new Error('no connection'))
    const { run } = pipeline([working, day], { tickRuns, push })
    const chain = { name: 'day', id: 'a', link: 0 }
    await run({ attempts: 2, metadata: { tick, chain } })
    assert.deepEqual(notified, ['began report'])
    await run({ attempt: 2, attempts: 2, metadata: { tick, chain } })
    assert.deepEqual(notified, ['began report', 'ended report: no connection'])
  })

  it('change nothing when they fail', async () => {
    const tickRuns: TickRuns = {
      began: () => Promise.reject(new Error('not now')),
      ended() {
        throw new Error('nor then')
      },
    }
    const { run, lines } = pipeline([working], { tickRuns })
    assert.equal((await run({ metadata: { tick } })).state, 'completed')
    const failures = lines.filter(({ msg }) => msg === 'could not notify the schedule of this run')
    assert.deepEqual(
      failures.map(({ err }) => (err as Error).message),
      ['not now', 'nor then'],
    )
  })
})

describe('a notification that does not end', () => {
  const stopping = new EquipageError('E_STOPPING', {})
  const stuck = () => {
    const { promise, resolve } = Promise.withResolvers<Attempt>()
    const never = (attempt: Attempt) => {
      resolve(attempt)
      return new Promise<never>(() => undefined)
    }
    return { never, notified: promise }
  }

  it('does not keep a worker from stopping: the job is handed back before it ran', async () => {
    const { never, notified } = stuck()
    const worker = new AbortController()
    const definition = defineJob({ name: 'report', run: () => assert.fail('it ran') })
    const tickRuns = { began: never, ended: async () => assert.fail('it has not ended') }
    const running = pipeline([definition], { tickRuns }).run({
      signal: worker.signal,
      metadata: { tick },
    })
    await notified
    worker.abort(stopping)
    assert.equal((await running).state, 'released')
  })

  it('does not change how the job ended', async () => {
    const { never, notified } = stuck()
    const worker = new AbortController()
    const tickRuns = { began: async () => undefined, ended: never }
    const running = pipeline([working], { tickRuns }).run({
      signal: worker.signal,
      metadata: { tick },
    })
    await notified
    worker.abort(stopping)
    assert.equal((await running).state, 'completed')
  })
})
