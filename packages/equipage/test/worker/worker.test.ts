import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineJob, JobRegistry } from '../../src/job/index.ts'
import { Worker, type WorkerOptions } from '../../src/worker/index.ts'
import { capturedLog } from '../support/captured-log.ts'
import { MemoryCarrier } from '../support/memory-carrier.ts'

function worker(options: Partial<WorkerOptions> = {}) {
  const carrier = new MemoryCarrier()
  const { log, lines } = capturedLog()
  const registry = new JobRegistry()
  const job = defineJob({ name: 'report', queue: 'reports', run: () => null })
  registry.add(job, 'app/jobs/report.ts')
  const opened = Promise.withResolvers<MemoryCarrier>()
  const parts = { carrier: () => opened.promise, log, registry: async () => registry }
  const open = () => opened.resolve(carrier)
  return { worker: new Worker({ concurrency: 3, ...options }, parts), open, lines, ...carrier }
}

const opened = (options?: Partial<WorkerOptions>) => {
  const made = worker(options)
  made.open()
  return made
}

describe('a worker', () => {
  it('consumes every queue that a job names, unless it is told which', async () => {
    const all = opened()
    await all.worker.start()
    assert.deepEqual(all.calls, [{ queues: ['default', 'reports'], concurrency: 3 }, 'start'])
    const one = opened({ queues: ['reports'] })
    await one.worker.start()
    assert.deepEqual(one.calls[0], { queues: ['reports'], concurrency: 3 })
  })

  it('consumes a queue once that is named twice', async () => {
    const made = opened({ queues: ['reports', 'default', 'reports'] })
    await made.worker.start()
    assert.deepEqual(made.calls[0], { queues: ['reports', 'default'], concurrency: 3 })
  })

  it('says what it consumes, once it does', async () => {
    const made = opened()
    await made.worker.start()
    const [{ msg, queues, concurrency } = { msg: '', queues: [], concurrency: 0 }] = made.lines
    assert.deepEqual([msg, queues, concurrency], ['worker started', ['default', 'reports'], 3])
  })

  it('hands the grace period on, and says how much was handed back', async () => {
    const made = opened()
    await made.worker.start()
    assert.deepEqual(await made.worker.stop(750), { handedBack: 2 })
    assert.equal(made.calls.at(-1), 'stop 750')
  })

  it('refuses a queue that no job waits in, with the nearest that there is', async () => {
    const near = opened({ queues: ['reprots'] })
    await assert.rejects(near.worker.start(), {
      code: 'E_UNKNOWN_QUEUE',
      message: 'no job waits in a queue \'reprots\'; did you mean "reports"?',
    })
    await assert.rejects(opened({ queues: ['reports', 'mail'] }).worker.start(), {
      code: 'E_UNKNOWN_QUEUE',
      message: "no job waits in a queue 'mail'; the queues are default, reports",
    })
    assert.deepEqual(near.calls, [])
  })
})

describe('a worker that is stopped', () => {
  it('before it started never consumes', async () => {
    const made = opened()
    assert.deepEqual(await made.worker.stop(0), { handedBack: 0 })
    await made.worker.start()
    assert.deepEqual(made.calls, [])
  })

  it('while it waits for the connection never consumes', async () => {
    const made = worker()
    const starting = made.worker.start()
    assert.deepEqual(await made.worker.stop(0), { handedBack: 0 })
    made.open()
    await starting
    assert.deepEqual(made.calls, [])
  })

  it('twice, or started twice, is fine', async () => {
    const made = opened()
    await Promise.all([made.worker.start(), made.worker.start()])
    assert.equal(made.calls.filter(call => call === 'start').length, 1)
    await made.worker.stop(10)
    await made.worker.stop(10)
  })
})
