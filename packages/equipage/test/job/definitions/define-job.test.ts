import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import {
  defineJob,
  type IsolateOptions,
  type JobMiddleware,
  type JobOptions,
} from '../../../src/job/index.ts'

const run = () => null

describe('a job', () => {
  it('keeps every option that its author writes', () => {
    const schema = z.object({ id: z.number() })
    const layer: JobMiddleware = (_, next) => next()
    const { run: _, ...job } = defineJob({
      name: 'report.rebuild',
      payload: schema,
      queue: 'reports',
      attempts: 3,
      backoff: { type: 'fixed', delay: '2s', jitter: 0, cap: '1m' },
      timeout: '5m',
      retryUntil: '2h',
      middleware: [layer],
      isolate: { maxJobs: 20 },
      run,
    })
    const { queueDefinition: _queue, rules: _rules, ...own } = job
    assert.deepEqual(own, {
      kind: 'job',
      name: 'report.rebuild',
      schema,
      queue: 'reports',
      attempts: 3,
      backoff: { type: 'fixed', delayMs: 2_000, jitter: 0, capMs: 60_000 },
      timeoutMs: 300_000,
      retryUntilMs: 7_200_000,
      middleware: [layer],
      isolation: { maxJobs: 20, maxMemoryBytes: 512_000_000 },
    })
  })

  it('is tried once, on the default queue, for any time and without a payload, when nothing else is written', () => {
    const { queue, attempts, timeoutMs, schema } = defineJob({ name: 'bare', run })
    assert.deepEqual([queue, attempts, timeoutMs, schema], ['default', 1, null, undefined])
  })

  it('runs where its worker does unless it is isolated, by limits that it may set', () => {
    const isolation = (isolate: boolean | IsolateOptions | undefined) =>
      defineJob({ name: 'bare', ...(isolate === undefined ? {} : { isolate }), run }).isolation
    assert.deepEqual([isolation(undefined), isolation(false)], [null, null])
    assert.deepEqual(isolation(true), { maxJobs: 100, maxMemoryBytes: 512_000_000 })
    const given = isolation({ maxJobs: 1, maxMemory: '1.5gb' })
    assert.deepEqual(given, { maxJobs: 1, maxMemoryBytes: 1_500_000_000 })
  })

  it('may use `this` in its function, which is the object that its author wrote', () => {
    const options = {
      name: 'self',
      greeting: 'hello',
      run: function () {
        return this.greeting
      },
    } as JobOptions<undefined, undefined, string> & { greeting: string }
    assert.equal(defineJob(options).run({} as never), 'hello')
  })
})

describe('a job that is written wrong', () => {
  const refused = (options: object, code: string, message: RegExp) =>
    it(`is refused: ${JSON.stringify(options).slice(0, 60)}`, () => {
      const define = () => defineJob({ name: 'report', run, ...options } as never)
      assert.throws(define, { code, message })
    })

  refused({ name: '' }, 'E_BAD_NAME', /'' is no name for a job; use 1 to 100 letters/)
  refused({ name: 'a:b' }, 'E_BAD_NAME', /'a:b' is no name for a job/)
  refused({ name: '.hidden' }, 'E_BAD_NAME', /'\.hidden'/)
  refused({ name: 'two words' }, 'E_BAD_NAME', /'two words'/)
  refused({ name: 'line\n' }, 'E_BAD_NAME', /'line\\n'/)
  refused({ name: 'x'.repeat(101) }, 'E_BAD_NAME', /is no name for a job/)
  refused({ name: 7 }, 'E_BAD_NAME', /7 is no name for a job/)
  refused({ name: undefined }, 'E_BAD_NAME', /undefined is no name/)
  refused({ queue: 'a:b' }, 'E_BAD_NAME', /'a:b' is no name for a queue/)
  refused({ attempts: 0 }, 'E_BAD_OPTION', /job "report", attempts: .*1 or more, got 0/)
  refused({ attempts: 1.5 }, 'E_BAD_OPTION', /attempts: .*got 1\.5/)
  refused({ attempts: '3' }, 'E_BAD_OPTION', /attempts: .*got '3'/)
  refused({ timeout: '5 minutes' }, 'E_BAD_DURATION', /job "report", timeout: .*'5 minutes'/)
  refused({ isolate: 'yes' }, 'E_BAD_OPTION', /job "report", isolate: expected true.*got 'yes'/)
  refused({ isolate: { maxJobs: 0 } }, 'E_BAD_OPTION', /isolate\.maxJobs: .*1 or more, got 0/)
  refused({ isolate: { maxMemory: 512 } }, 'E_BAD_SIZE', /isolate\.maxMemory: .*got 512/)
  refused(
    { isolate: { memory: '1GB' } },
    'E_BAD_OPTION',
    /isolate: expected maxJobs and .*'memory'/,
  )
  refused({ backoff: { type: 'fixed', delay: -1 } }, 'E_BAD_DURATION', /backoff\.delay/)
  refused({ backoff: '10s' }, 'E_BAD_OPTION', /"report", backoff: .*a list of.*, got '10s'/)
  refused({ attemps: 3 }, 'E_BAD_OPTION', /"report", attemps: expected attempts, because .*got 3/)
  refused({ run: undefined }, 'E_BAD_OPTION', /job "report", run: expected a function/)

  it('is not one whose name has a hundred characters', () => {
    assert.equal(defineJob({ name: `a${'-'.repeat(99)}`, run }).name.length, 100)
  })
})
