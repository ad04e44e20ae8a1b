import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isEquipageError } from '../../../src/core/errors.ts'
import { defineJob, type JobMiddleware } from '../../../src/job/index.ts'
import { errorOf, pipeline } from '../support/attempts.ts'

/** The attempt of a job inside of some middleware. */
function attempt(options: {
  all?: readonly JobMiddleware[]
  own?: readonly JobMiddleware[]
  run?: () => unknown
}) {
  const { all = [], own = [], run = () => 'done' } = options
  const definition = defineJob({ name: 'report', attempts: 3, middleware: own, run })
  return pipeline([definition], { middleware: () => all }).run()
}

describe('middleware', () => {
  it("stands around the job's function: the application's outside, the job's own inside", async () => {
    const order: string[] = []
    const layer =
      (name: string): JobMiddleware =>
      async (context, next) => {
        order.push(`${name} before ${context.name} ${context.attempt}`)
        const result = await next()
        order.push(`${name} after`)
        return result
      }
    const outcome = await attempt({
      all: [layer('first'), layer('second')],
      own: [layer('own')],
      run: () => order.push('run') && 'done',
    })
    assert.deepEqual(order, [
      'first before report 1',
      'second before report 1',
      'own before report 1',
      'run',
      'own after',
      'second after',
      'first after',
    ])
    assert.deepEqual(outcome, { state: 'completed', result: 'done' })
  })

  it('may give another result, and may leave the function out', async () => {
    const outcome = await attempt({
      all: [async (_, next) => [await next()]],
      own: [() => 'from the cache'],
      run: () => assert.fail('it ran'),
    })
    assert.deepEqual(outcome, { state: 'completed', result: ['from the cache'] })
  })

  it('fails the attempt with what it throws, and may catch what is thrown inside', async () => {
    const thrown = await attempt({ all: [() => Promise.reject(new Error('no permit'))] })
    assert.equal(errorOf(thrown, 'retrying').message, 'no permit')
    const caught = await attempt({
      all: [(_, next) => next().catch(error => error.message)],
      run: () => Promise.reject(new Error('no luck')),
    })
    assert.deepEqual(caught, { state: 'completed', result: 'no luck' })
  })

  it('that calls next twice has failed its job, which ran once', async () => {
    let runs = 0
    async function retrying(_: unknown, next: () => Promise<unknown>) {
      await next()
      return next().catch(() => 'hidden')
    }
    const error = errorOf(await attempt({ own: [retrying], run: () => ++runs }), 'failed')
    assert.ok(isEquipageError(error, 'E_MIDDLEWARE_NEXT'))
    assert.match(error.message, /middleware 'retrying' around job "report" called next\(\) twice/)
    assert.equal(runs, 1)
  })

  it('that does not wait for what it called is waited for all the same, and its failure is heard', async () => {
    let ended = false
    const outcome = await attempt({
      own: [(_, next) => void next()],
      run: async () => {
        await new Promise(setImmediate)
        ended = true
        throw new Error('nobody listens')
      },
    })
    assert.equal(ended, true)
    assert.deepEqual(outcome, { state: 'completed', result: null })
  })

  it('of the application that cannot be made fails the attempt', async () => {
    const definition = defineJob({ name: 'report', run: () => 1 })
    const { run } = pipeline([definition], { middleware: () => assert.fail('no service') })
    assert.equal(errorOf(await run({ attempts: 1 }), 'failed').message, 'no service')
  })

  it('is a list of functions', () => {
    const middleware = ['timed'] as unknown as JobMiddleware[]
    assert.throws(() => defineJob({ name: 'report', middleware, run: () => 1 }), {
      code: 'E_BAD_OPTION',
      message: /job "report", middleware: expected a list of functions/,
    })
  })
})
