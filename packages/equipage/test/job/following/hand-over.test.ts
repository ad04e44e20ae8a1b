import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { isEquipageError } from '../../../src/core/errors.ts'
import { type ChainDefinition, defineChain, defineJob } from '../../../src/job/index.ts'
import { tickMetadata } from '../../support/tick-metadata.ts'
import { errorOf, pipeline, receiptOf } from '../support/attempts.ts'

const ingest = defineJob({ name: 'ingest', attempts: 3, run: () => ({ rows: 3 }) })
const report = defineJob({
  name: 'report',
  payload: z.object({ rows: z.number() }),
  queue: 'reports',
  attempts: 5,
  run: () => 'written',
})
const chain = { name: 'day', id: 'run-1', link: 0 }
const day = defineChain({ name: 'day', start: ingest })

/** Runs the first job of a chain that hands over as the test says. */
const handedOver = (definition: ChainDefinition, dependencies?: Parameters<typeof pipeline>[1]) =>
  pipeline([ingest, report, definition], dependencies)

describe('a job of a chain', () => {
  it('pushes the next one, with the payload that is made of its result', async () => {
    const definition = day.andThen(report, async ({ rows }) => ({ rows: rows * 2 }))
    const { run, pushed } = handedOver(definition)
    const tick = tickMetadata({ schedule: 'daily' })
    const outcome = await run({ metadata: { chain, tick } })
    assert.deepEqual(pushed, [
      {
        id: 'run-1-1',
        name: 'report',
        queue: 'reports',
        data: { rows: 6 },
        attempts: 5,
        delayMs: 0,
        priority: 0,
        metadata: { chain: { ...chain, link: 1 }, tick },
      },
    ])
    const [next] = pushed
    assert.ok(next)
    assert.deepEqual(outcome, { state: 'completed', result: { rows: 3 }, next: receiptOf(next) })
  })

  it('pushes nothing when it is the last, and when it stands alone', async () => {
    const { run, pushed } = handedOver(day.andThen(report, result => result))
    await run({ name: 'report', data: { rows: 1 }, metadata: { chain: { ...chain, link: 1 } } })
    await run({ metadata: {} })
    assert.deepEqual(pushed, [])
  })

  it('pushes nothing when it has failed', async () => {
    const failing = defineJob({ name: 'failing', run: () => Promise.reject(new Error('no')) })
    const definition = defineChain({ name: 'day', start: failing }).andThen(ingest, () => ({}))
    const { run, pushed } = pipeline([failing, ingest, definition])
    assert.equal((await run({ metadata: { chain } })).state, 'retrying')
    assert.deepEqual(pushed, [])
  })

  it('is tried again when its follower cannot be pushed, and fails when that was its last attempt', async () => {
    const push = () => Promise.reject(new Error('Redis is away'))
    const { run, lines } = handedOver(
      day.andThen(report, result => result),
      { push },
    )
    const outcome = await run({ metadata: { chain } })
    assert.equal(errorOf(outcome, 'retrying').message, 'Redis is away')
    assert.match(String(lines.at(-1)?.msg), /what follows the job could not be pushed/)
    assert.ok(!lines.some(({ msg }) => msg === 'chain failed'))
    const last = await run({ metadata: { chain }, attempt: 3, attempts: 3 })
    assert.equal(errorOf(last, 'failed').message, 'Redis is away')
    assert.equal(lines.at(-1)?.msg, 'chain failed')
  })
})

describe('a job of a chain that has failed for good', () => {
  const failing = defineJob({ name: 'failing', run: () => Promise.reject(new Error('no rows')) })
  const broken = defineChain({ name: 'day', start: failing })
  const goingOn = broken.andThen(
    report,
    before => ({ rows: before.state === 'failed' ? before.error.message.length : 0 }),
    { onFailure: 'continue' },
  )
  const last = { attempt: 1, attempts: 1, metadata: { chain } }

  it('pushes the next one under "continue", made of how it failed, and is failed itself', async () => {
    const { run, pushed } = pipeline([failing, report, goingOn])
    const outcome = await run(last)
    assert.deepEqual(
      pushed.map(({ id, data }) => ({ id, data })),
      [{ id: 'run-1-1', data: { rows: 7 } }],
    )
    const [next] = pushed
    assert.ok(next && outcome.state === 'failed')
    assert.deepEqual(outcome.next, receiptOf(next))
    assert.equal(outcome.error.message, 'no rows')
  })

  it('does not end the run of its tick while the chain goes on', async () => {
    const ended: string[] = []
    const tickRuns = {
      began: async () => undefined,
      ended: async ({ name }: { name: string }) => void ended.push(name),
    }
    const metadata = { chain, tick: tickMetadata() }
    await pipeline([failing, report, goingOn], { tickRuns }).run({ ...last, metadata })
    assert.deepEqual(ended, [])
    const fails = broken.andThen(report, () => ({ rows: 1 }))
    await pipeline([failing, report, fails], { tickRuns }).run({ ...last, metadata })
    assert.deepEqual(ended, ['failing'])
  })

  it('ends the chain when the next one cannot be pushed, and stays as it failed', async () => {
    const push = () => Promise.reject(new Error('Redis is away'))
    const { run, lines } = pipeline([failing, report, goingOn], { push })
    assert.equal(errorOf(await run(last), 'failed').message, 'no rows')
    const said = lines.map(({ msg }) => msg)
    assert.deepEqual(said.slice(-2), [
      'what follows a failed job could not be done',
      'chain failed',
    ])
  })

  it('hands on of a message as much as is worth reading', async () => {
    const long = defineJob({ name: 'failing', run: () => Promise.reject('x'.repeat(1e6)) })
    const definition = defineChain({ name: 'day', start: long }).andThen(
      report,
      before => ({ rows: before.state === 'failed' ? before.error.message.length : 0 }),
      { onFailure: 'continue' },
    )
    const thrown = () => Promise.reject(new Error('x'.repeat(1e6)))
    const { run, pushed } = pipeline([{ ...long, run: thrown }, report, definition])
    await run(last)
    assert.deepEqual(pushed[0]?.data, { rows: 10_000 })
  })
})

describe('a hand-over that goes wrong fails the job at once, and pushes nothing', () => {
  const wrong = (what: string, payloadOf: () => unknown, message: RegExp) =>
    it(`when it ${what}`, async () => {
      const { run, pushed } = handedOver(day.andThen(report, payloadOf as () => { rows: number }))
      const error = errorOf(await run({ metadata: { chain } }), 'failed')
      assert.ok(isEquipageError(error, 'E_CHAIN_HANDOVER'))
      assert.ok(error.message.startsWith('chain "day" could not make the payload of "report": '))
      assert.match(error.message, message)
      assert.ok(error.cause instanceof Error)
      assert.deepEqual(pushed, [])
    })

  const fail = (thrown: unknown) => () => {
    throw thrown
  }
  wrong('throws', fail(new TypeError('no rows')), /: no rows$/)
  wrong('throws a text', fail('nothing'), /'nothing' was thrown/)
  wrong('rejects', () => Promise.reject(new Error('later')), /: later$/)
  wrong('gives a payload of the wrong shape', () => ({ rows: 'three' }), /payload\.rows/)
  wrong('gives nothing and the job needs something', () => undefined, /payload\.rows/)
  wrong('gives what is not JSON', () => ({ rows: 1n }), /at rows: a bigint/)
})

describe('a chain that was changed by a deploy', () => {
  const changed = async (definition: ChainDefinition | undefined, link: number, name: string) => {
    const { run } = pipeline([ingest, report, ...(definition ? [definition] : [])])
    const metadata = { chain: { ...chain, link } }
    const data = name === 'report' ? { rows: 1 } : {}
    const error = errorOf(await run({ name, data, metadata }), 'failed')
    assert.ok(isEquipageError(error, 'E_CHAIN_CHANGED'))
    return error.message
  }
  const given = defineJob({ name: 'given', run: () => null })

  it('fails a job that is no longer at its place, with what to do', async () => {
    const definition = defineChain({ name: 'day', start: given })
    assert.equal(
      await changed(definition, 0, 'ingest'),
      'job "ingest" was pushed as number 1 of chain "day", which this release does not have there; push the chain again',
    )
  })

  it('fails a job whose place or chain is gone', async () => {
    assert.match(await changed(day, 1, 'report'), /number 2 of chain "day"/)
    assert.match(await changed(undefined, 0, 'ingest'), /number 1 of chain "day"/)
  })
})
