import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EventHub } from '../../../src/core/events.ts'
import { defineJob, JobRegistry } from '../../../src/job/index.ts'
import { MemoryWorkerRegistry } from '../../../src/simulation/memory-worker-registry.ts'
import { RunningJobs } from '../../../src/worker/consuming/running-jobs.ts'
import { Worker, type WorkerOptions } from '../../../src/worker/consuming/worker.ts'
import type { WorkerEvents } from '../../../src/worker/index.ts'
import { capturedLog } from '../../support/captured-log.ts'
import { eventually } from '../../support/eventually.ts'
import { MemoryCarrier } from '../../support/memory-carrier.ts'
import { StubClock } from '../../support/stub-clock.ts'
import { attemptOf } from './support/attempts.ts'

function worker(options: Partial<WorkerOptions> = {}) {
  const carrier = new MemoryCarrier()
  const clock = new StubClock()
  const workers = new MemoryWorkerRegistry(clock)
  const running = new RunningJobs(clock)
  const { log, lines } = capturedLog()
  const registry = new JobRegistry()
  const job = defineJob({ name: 'report', queue: 'reports', run: () => null })
  registry.add(job, 'app/jobs/report.ts')
  const opened = Promise.withResolvers<{ carrier: MemoryCarrier; workers: MemoryWorkerRegistry }>()
  const memory = { bytes: 1_000 }
  const events = new EventHub<WorkerEvents>(() => undefined)
  const tended: number[] = []
  const made = new Worker(
    { concurrency: 3, ...options },
    {
      connection: () => opened.promise,
      registry: async () => registry,
      running,
      memoryBytes: () => memory.bytes,
      reapGroups: async everyMs => void tended.push(everyMs),
      events,
      log,
      clock,
    },
  )
  const open = () => opened.resolve({ carrier, workers })
  return {
    worker: made,
    open,
    lines,
    carrier,
    calls: carrier.calls,
    workers,
    running,
    memory,
    events,
    clock,
    tended,
  }
}

const opened = (options?: Partial<WorkerOptions>) => {
  const made = worker(options)
  made.open()
  return made
}

/** What the worker asked the carrier for. */
const asked = { concurrency: 3, limit: undefined }

describe('a worker', () => {
  it('looks after groups when it starts, and once a minute until it stops', async () => {
    const { worker, clock, tended } = opened()
    assert.deepEqual(tended, [])
    await worker.start()
    await eventually(() => assert.deepEqual(tended, [60_000]))
    await eventually(() => {
      clock.advance(60_000)
      assert.equal(tended.length, 2)
    })
    await worker.stop(0)
    const { length } = tended
    clock.advance(600_000)
    assert.equal(tended.length, length)
  })

  it('tells when it starts, stops, and has stopped, each once', async () => {
    const { worker, events, workers } = opened()
    const told: unknown[] = []
    events.on('worker:started', event => told.push(['started', event.concurrency]))
    events.on('worker:stopping', event => told.push(['stopping', event.why, event.graceMs]))
    events.on('worker:stopped', event => told.push(['stopped', event.handedBack, event.queues]))
    let id = ''
    events.on('worker:started', event => {
      id = event.id
    })
    await worker.start()
    await eventually(async () => assert.equal((await workers.reports())[0]?.id, id))
    await Promise.all([worker.stop(70), worker.stop(0)])
    const queues = ['default', 'reports']
    assert.deepEqual(told, [
      ['started', 3],
      ['stopping', 'told', 70],
      ['stopped', 2, queues],
    ])
  })

  it('tells of no stop when it has never started', async () => {
    const { worker, events } = opened()
    events.on('worker:stopping', () => assert.fail('it told'))
    events.on('worker:stopped', () => assert.fail('it told'))
    await worker.stop(0)
  })

  it('consumes every queue that a job names, unless it is told which', async () => {
    const all = opened()
    await all.worker.start()
    assert.deepEqual(all.calls, [{ queues: ['default', 'reports'], ...asked }, 'start'])
    const one = opened({ queues: ['reports'] })
    await one.worker.start()
    assert.deepEqual(one.calls[0], { queues: ['reports'], ...asked })
  })

  it('consumes a queue once that is named twice', async () => {
    const made = opened({ queues: ['reports', 'default', 'reports'] })
    await made.worker.start()
    assert.deepEqual(made.calls[0], { queues: ['reports', 'default'], ...asked })
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

describe('the notice of a worker', () => {
  it('stands on the board while it works, names the jobs that run, and is gone when it has stopped', async () => {
    const made = opened({ queues: ['reports'] })
    await made.worker.start()
    const report = await eventually(async () => {
      const [found] = await made.workers.reports()
      assert.ok(found)
      return found
    })
    assert.match(report.process, /^.+:\d+$/)
    const { queues, concurrency, active, ended, memoryBytes } = report
    assert.deepEqual(
      { queues, concurrency, active, ended, memoryBytes },
      { queues: ['reports'], concurrency: 3, active: 0, ended: 0, memoryBytes: 1_000 },
    )
    const release = Promise.withResolvers<void>()
    const run = made.running.watching(async () => {
      await release.promise
      return { state: 'completed', result: null }
    })
    const ran = run(attemptOf({ id: '7', name: 'report', queue: 'reports', attempt: 2 }))
    made.clock.advance(5_000)
    await eventually(async () => {
      const [found] = await made.workers.reports()
      const [job] = found?.running ?? []
      assert.deepEqual([found?.active, job?.id, job?.name, job?.attempt], [1, '7', 'report', 2])
    })
    release.resolve()
    await ran
    await made.worker.stop(0)
    assert.deepEqual(await made.workers.reports(), [])
    assert.equal(made.clock.timers, 0)
  })

  it('is missed without harm while the connection is away', async () => {
    const made = opened()
    made.workers.report = () => Promise.reject(new Error('away'))
    made.workers.remove = () => Promise.reject(new Error('away'))
    await made.worker.start()
    await eventually(() => assert.match(made.lines.at(-1)?.msg ?? '', /could not say/))
    assert.deepEqual(await made.worker.stop(0), { handedBack: 2 })
  })
})

describe('a worker ends', () => {
  it('when its consumer has begun as many attempts as it may, which it is told at its start', async () => {
    const made = opened({ maxJobs: 12 })
    await made.worker.start()
    assert.deepEqual(made.calls[0], { queues: ['default', 'reports'], concurrency: 3, limit: 12 })
    made.carrier.finished.resolve()
    assert.equal(await made.worker.ended, 'jobs')
  })

  it('when it takes too much memory after an attempt, and says how much', async () => {
    const made = opened({ maxMemoryBytes: 5_000 })
    await made.worker.start()
    const run = made.running.watching(async () => ({
      state: 'completed',
      result: null,
    }))
    made.memory.bytes = 5_000
    await run(attemptOf({}))
    assert.ok(!made.lines.some(({ msg }) => msg.startsWith('worker ends')))
    made.memory.bytes = 5_001
    await run(attemptOf({}))
    assert.equal(await made.worker.ended, 'memory')
    const line = made.lines.find(({ msg }) => msg.startsWith('worker ends'))
    assert.deepEqual([line?.['memoryBytes'], line?.['maxMemoryBytes']], [5_001, 5_000])
  })

  it('when nothing waits or runs at two looks in a row', async () => {
    const made = opened({ stopWhenEmpty: true })
    made.carrier.idle = true
    const release = Promise.withResolvers<void>()
    const run = made.running.watching(async () => {
      await release.promise
      return { state: 'completed', result: null }
    })
    const ran = run(attemptOf({}))
    let ended = false
    void made.worker.ended.then(() => {
      ended = true
    })
    await made.worker.start()
    const look = async () => {
      await new Promise(setImmediate)
      made.clock.advance(250)
      await new Promise(setImmediate)
    }
    for (let looks = 0; looks < 4; looks++) await look()
    assert.equal(ended, false)
    release.resolve()
    await ran
    await look()
    assert.equal(ended, false)
    await look()
    await look()
    assert.equal(await made.worker.ended, 'empty')
  })
})
