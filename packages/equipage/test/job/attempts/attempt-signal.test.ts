import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EquipageError, isEquipageError } from '../../../src/core/errors.ts'
import { defineJob, type JobContext } from '../../../src/job/index.ts'
import { errorOf, pipeline } from '../support/attempts.ts'

/** A job whose function neither ends nor heeds its signal, and how to end it. */
function stuckJob(timeout?: string) {
  const { promise, resolve } = Promise.withResolvers<string>()
  const { promise: started, resolve: start } = Promise.withResolvers<JobContext<unknown>>()
  const definition = defineJob({
    name: 'report',
    ...(timeout ? { timeout } : {}),
    run: context => {
      start(context as JobContext<unknown>)
      return promise
    },
  })
  return { definition, started, end: resolve }
}

describe('an attempt that takes too long', () => {
  it('ends at its timeout, with its signal aborted, and is retried', async () => {
    const { definition, started, end } = stuckJob('5s')
    const { run, clock } = pipeline([definition])
    const running = run()
    const { signal } = await started
    clock.advance(4_999)
    assert.equal(signal.aborted, false)
    clock.advance(1)
    const error = errorOf(await running, 'retrying')
    assert.equal(signal.reason, error)
    assert.ok(isEquipageError(error, 'E_JOB_TIMEOUT'))
    assert.equal(
      error.message,
      'job "report" took longer than its timeout of 5000 ms; raise the timeout, or make the job shorter',
    )
    end('too late')
  })

  it('is reported when its function ends at last', async () => {
    const { definition, started, end } = stuckJob('5s')
    const { run, clock, lines } = pipeline([definition])
    const running = run()
    await started
    clock.advance(5_000)
    await running
    await new Promise(setImmediate)
    clock.advance(250)
    end('too late')
    await new Promise(setImmediate)
    assert.match(String(lines.at(-1)?.msg), /had been aborted has ended; let it heed its signal/)
    assert.equal(lines.at(-1)?.['afterMs'], 250)
    assert.equal(clock.timers, 0)
  })

  it('is reported when its function runs on for a second after that, and again when it ends', async () => {
    const { definition, started, end } = stuckJob('5s')
    const { run, clock, lines } = pipeline([definition])
    const running = run()
    await started
    clock.advance(5_000)
    await running
    await new Promise(setImmediate)
    clock.advance(60_000)
    end('much too late')
    await new Promise(setImmediate)
    const late = lines.filter(({ msg }) => msg.includes('had been aborted'))
    assert.deepEqual(
      late.map(({ level, msg, afterMs, jobId }) => [level, msg.split(';')[0], afterMs, jobId]),
      [
        ['warn', 'the function of an attempt that had been aborted still runs', 1_000, 'job-1'],
        ['warn', 'the function of an attempt that had been aborted has ended', 60_000, 'job-1'],
      ],
    )
  })

  it('is not reported when its function heeds its signal', async () => {
    const { run, clock, lines } = pipeline([
      defineJob({
        name: 'report',
        timeout: '5s',
        run: ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      }),
    ])
    const running = run()
    await new Promise(setImmediate)
    clock.advance(5_000)
    await running
    await new Promise(setImmediate)
    clock.advance(60_000)
    assert.equal(lines.filter(({ msg }) => msg.includes('had been aborted')).length, 0)
  })

  it('is not, when it ends in time: its timer is gone', async () => {
    const { run, clock } = pipeline([
      defineJob({ name: 'report', timeout: '5s', run: () => 'quick' }),
    ])
    assert.equal((await run()).state, 'completed')
    assert.equal(clock.timers, 0)
  })

  it('has no limit when its job names none', async () => {
    const { definition, started, end } = stuckJob()
    const { run, clock } = pipeline([definition])
    const running = run()
    await started
    clock.advance(30 * 86_400_000)
    end('done')
    assert.equal((await running).state, 'completed')
  })
})

describe('an attempt whose worker lets go of it', () => {
  const stopping = () => new EquipageError('E_STOPPING', {})

  it('goes back to its queue at once, and does not count', async () => {
    const { definition, started, end } = stuckJob()
    const { run, lines } = pipeline([definition])
    const worker = new AbortController()
    const running = run({ signal: worker.signal, attempt: 3, attempts: 3 })
    const { signal } = await started
    worker.abort(stopping())
    assert.deepEqual(await running, {
      state: 'released',
      delayMs: 0,
      reason: stopping().message,
    })
    assert.equal(signal.aborted, true)
    assert.equal(lines.at(-1)?.['outcome'], 'released')
    end('late')
  })

  it('is failed all the same when its fault would only be repeated', async () => {
    const worker = new AbortController()
    const { run } = pipeline([
      defineJob({
        name: 'report',
        run() {
          worker.abort(stopping())
          throw new EquipageError('E_BAD_PAYLOAD', { job: 'other', issues: [], given: 1 })
        },
      }),
    ])
    assert.equal((await run({ signal: worker.signal })).state, 'failed')
  })
})
