import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { isEquipageError } from '../../../src/core/errors.ts'
import { defineJob, type JobContext } from '../../../src/job/index.ts'
import { tickMetadata } from '../../support/tick-metadata.ts'
import { errorOf, pipeline } from '../support/attempts.ts'

const job = (run: (context: JobContext<unknown>) => unknown) =>
  defineJob({
    name: 'report',
    payload: z.any(),
    attempts: 3,
    backoff: { type: 'exponential', delay: '1s', jitter: 0 },
    run,
  })

describe('an attempt', () => {
  it('hands its function the payload as the schema reads it, the application and the rest', async () => {
    const seen: JobContext<unknown>[] = []
    const definition = defineJob({
      name: 'report',
      payload: z.object({ id: z.number(), limit: z.number().default(10) }),
      run: context => {
        seen.push(context)
        context.progress(0.5)
        context.log.info('from inside')
      },
    })
    const { run, reported, lines } = pipeline([definition])
    const tick = tickMetadata({ lagMs: 250, misfire: true })
    await run({ data: { id: 7 }, attempt: 2, metadata: { tick } })
    const [context] = seen
    assert.ok(context)
    assert.deepEqual(context.payload, { id: 7, limit: 10 })
    const { app, jobId, attempt } = context
    assert.deepEqual([app, jobId, attempt], ['the application', 'job-1', 2])
    assert.deepEqual(context.tick, {
      schedule: 'hourly',
      scheduledFor: new Date('2026-11-21T10:00:00Z'),
      previous: new Date('2026-11-21T09:00:00Z'),
      lagMs: 250,
      misfire: true,
    })
    assert.deepEqual(reported, [0.5])
    const inside = lines.find(line => line.msg === 'from inside')
    assert.ok(inside)
    const { job, jobId: id, queue, attempt: nth } = inside
    assert.deepEqual([job, id, queue, nth], ['report', 'job-1', 'default', 2])
  })

  it('of a first tick has none before it, and of no schedule no tick', async () => {
    const seen: JobContext<unknown>[] = []
    const { run } = pipeline([job(context => void seen.push(context))])
    await run({ metadata: { tick: tickMetadata({ previous: null }) } })
    await run()
    assert.equal(seen[0]?.tick?.previous, null)
    assert.equal(seen[1]?.tick, undefined)
  })

  it('that returns is completed, with its result as JSON', async () => {
    const { run, runner } = pipeline([job(() => ({ on: new Date(0), gone: undefined }))])
    assert.deepEqual(await run(), {
      state: 'completed',
      result: { on: '1970-01-01T00:00:00.000Z' },
    })
    assert.equal(runner.ended, 1)
  })

  it('begins when the application is ready, and fails when it cannot be', async () => {
    const order: string[] = []
    const definition = job(() => order.push('run'))
    await pipeline([definition], { ready: async () => void order.push('ready') }).run()
    assert.deepEqual(order, ['ready', 'run'])
    const ready = () => Promise.reject(new Error('no tables'))
    const outcome = await pipeline([definition], { ready }).run()
    assert.equal(errorOf(outcome, 'retrying').message, 'no tables')
    assert.deepEqual(order, ['ready', 'run'])
  })

  it('logs one line when it starts and one when it ends, with how it ended and how long it took', async () => {
    const { run, lines, clock } = pipeline([job(() => clock.advance(1_234))])
    await run()
    assert.deepEqual(
      lines.map(({ time: _, ...line }) => line),
      [
        { level: 'debug', ...common, msg: 'job started' },
        { level: 'info', ...common, outcome: 'completed', durationMs: 1_234, msg: 'job completed' },
      ],
    )
  })
})

const common = { job: 'report', jobId: 'job-1', queue: 'default', attempt: 1 }

describe('an attempt that fails', () => {
  const failing = job(() => {
    throw new Error('no luck')
  })

  it('is retried after its backoff, until there is no attempt left', async () => {
    const { run, lines } = pipeline([failing])
    const delays = []
    for (const attempt of [1, 2]) {
      const outcome = await run({ attempt })
      assert.equal(errorOf(outcome, 'retrying').message, 'no luck')
      delays.push(outcome.state === 'retrying' && outcome.delayMs)
    }
    assert.deepEqual(delays, [1_000, 2_000])
    assert.equal(errorOf(await run({ attempt: 3 }), 'failed').message, 'no luck')
    assert.deepEqual(
      lines.filter(line => line.msg !== 'job started').map(line => [line.level, line['outcome']]),
      [
        ['warn', 'retrying'],
        ['warn', 'retrying'],
        ['error', 'failed'],
      ],
    )
  })

  it('is as often retried as it was pushed to be, whatever the definition says now', async () => {
    const { run } = pipeline([failing])
    assert.equal((await run({ attempt: 3, attempts: 9 })).state, 'retrying')
    assert.equal((await run({ attempt: 1, attempts: 1 })).state, 'failed')
  })

  it('with a text that was thrown fails with an error that says so', async () => {
    for (const run of [() => Promise.reject('out of paper'), () => throwText()]) {
      const outcome = await pipeline([job(run)]).run({ attempts: 1 })
      const error = errorOf(outcome, 'failed')
      assert.ok(isEquipageError(error, 'E_THROWN_VALUE'))
      assert.match(error.message, /^'out of paper' was thrown, which is not an Error/)
    }
  })

  it('by a promise that nobody waits for is none', async () => {
    const { run } = pipeline([job(() => ({ later: Promise.resolve(1) }))])
    const error = errorOf(await run(), 'failed')
    assert.match(error.message, /at later: an instance of Promise/)
  })
})

function throwText(): never {
  throw 'out of paper'
}

describe('an attempt that can never succeed is failed at once', () => {
  const circle: unknown[] = []
  circle.push(circle)
  for (const [what, result] of [
    ['a function', () => 1],
    ['a Map', new Map()],
    ['NaN', Number.NaN],
    ['a BigInt', { total: 1n }],
    ['a cycle', { circle }],
  ] as const) {
    it(`when its result is ${what}`, async () => {
      const error = errorOf(await pipeline([job(() => result)]).run(), 'failed')
      assert.ok(isEquipageError(error, 'E_NOT_JSON'))
      assert.match(error.message, /^result of job "report" is not JSON.*; use plain objects/)
    })
  }

  it('when its payload does not fit the schema, and its function is not called', async () => {
    const definition = defineJob({
      name: 'report',
      payload: z.object({ id: z.number() }),
      run: () => assert.fail('it ran'),
    })
    const error = errorOf(await pipeline([definition]).run({ data: { id: 'x' } }), 'failed')
    assert.ok(isEquipageError(error, 'E_BAD_PAYLOAD'))
    assert.match(error.message, /^job "report" does not accept its payload: payload\.id: /)
  })
})
