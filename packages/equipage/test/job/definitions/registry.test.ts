import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  defineChain,
  defineGroup,
  defineJob,
  defineQueue,
  JobRegistry,
} from '../../../src/job/index.ts'

const run = () => null
const report = defineJob({ name: 'report', queue: 'slow', run })
const ingest = defineJob({ name: 'ingest', queue: 'fast', run })
const day = defineChain({ name: 'day', start: ingest })

function registryOf(...definitions: Parameters<JobRegistry['add']>[0][]): JobRegistry {
  const registry = new JobRegistry()
  for (const definition of definitions) registry.add(definition, `app/jobs/${definition.name}.ts`)
  return registry
}

describe('the registry', () => {
  it('finds jobs and chains by their names, and tells one from the other', () => {
    const registry = registryOf(report, ingest, day)
    assert.equal(registry.job('report'), report)
    assert.equal(registry.chain('day'), day)
    assert.equal(registry.job('day'), undefined)
    assert.equal(registry.chain('report'), undefined)
    assert.equal(registry.job('toString'), undefined)
    assert.deepEqual(registry.names(), ['day', 'ingest', 'report'])
  })

  it('finds a group by its name, and under it the job that spreads it', () => {
    const queue = defineQueue({ name: 'groups', concurrency: 1 })
    const all = defineGroup({ name: 'all', queue })
    const registry = registryOf(report, all)
    assert.equal(registry.group('all'), all)
    assert.equal(registry.job('all'), all.fanOut)
    assert.equal(registry.resolve(all), all)
    assert.equal(registry.group('report'), undefined)
    assert.deepEqual(registry.queues(), ['default', 'groups', 'slow'])
    assert.equal(registry.limits('groups').concurrency, 1)
  })

  it('knows every queue that a job names, and the default one', () => {
    assert.deepEqual(registryOf(report, ingest, day).queues(), ['default', 'fast', 'slow'])
    assert.deepEqual(registryOf().queues(), ['default'])
  })

  it('knows the queues that are defined, and their limits', () => {
    const api = defineQueue({ name: 'api', concurrency: 2 })
    const registry = registryOf(defineJob({ name: 'call', queue: api, run }))
    registry.addQueue(defineQueue({ name: 'idle' }), 'app/jobs/queues.ts')
    registry.addQueue(api, 'app/jobs/queues.ts')
    assert.deepEqual(registry.queues(), ['api', 'default', 'idle'])
    assert.deepEqual(registry.limits('api'), { concurrency: 2, rateLimit: null })
    assert.deepEqual(registry.limits('default'), { concurrency: null, rateLimit: null })
  })

  it('refuses a second definition of a queue, and says where both are', () => {
    const call = defineJob({ name: 'call', queue: defineQueue({ name: 'api' }), run })
    assert.throws(() => registryOf(call).addQueue(defineQueue({ name: 'api' }), 'other.ts'), {
      code: 'E_DUPLICATE_QUEUE',
      message: /queue "api" were found: in app\/jobs\/call\.ts and in other\.ts/,
    })
  })

  it('takes the same definition twice, from two files that export it', () => {
    const registry = registryOf(report, ingest)
    registry.add(report, 'app/jobs/index.ts')
    assert.deepEqual(registry.names(), ['ingest', 'report'])
  })

  for (const [what, other] of [
    ['job', defineJob({ name: 'report', run })],
    ['chain', defineChain({ name: 'report', start: ingest })],
  ] as const) {
    it(`refuses a ${what} of a name that another job has, and says where both are`, () => {
      assert.throws(() => registryOf(report).add(other, 'app/jobs/other.ts'), {
        code: 'E_DUPLICATE_JOB',
        message:
          'two definitions are named "report": app/jobs/report.ts and app/jobs/other.ts; rename one of them',
      })
    })
  }
})

describe('a definition that is pushed', () => {
  it('is resolved by itself and by its name', () => {
    const registry = registryOf(report, day)
    assert.equal(registry.resolve(report), report)
    assert.equal(registry.resolve('day'), day)
  })

  it('is refused when nothing of its name is registered, with the nearest that is', () => {
    const stranger = defineJob({ name: 'reprot', run })
    assert.throws(() => registryOf(report).resolve(stranger), {
      code: 'E_UNKNOWN_JOB',
      message: 'no job, chain or group "reprot" is registered; did you mean "report"?',
    })
    assert.throws(() => registryOf().resolve('anything'), {
      code: 'E_UNKNOWN_JOB',
      message: /^no job, chain or group "anything" is registered; export/,
    })
  })

  it('is refused when another definition has its name', () => {
    const other = defineJob({ name: 'report', run })
    assert.throws(() => registryOf(report).resolve(other), {
      code: 'E_UNKNOWN_JOB',
      message:
        '"report" is another definition than the one registered from app/jobs/report.ts; push that one, or rename this',
    })
  })
})
