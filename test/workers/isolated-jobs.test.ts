import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { eventually } from '../../packages/equipage/test/support/eventually.ts'
import { lives } from '../../packages/equipage/test/support/lives.ts'
import { plainApp, temporaryApp } from '../../packages/equipage/test/support/temporary-app.ts'
import { processesIn } from '../support/application.ts'
import { type WorkingApplication, workingApplication } from './support/working-application.ts'

const jobs = `
  import { first, job, note, told, untilTold } from './all.ts'

  const isolated = (name, work, options) => job('isolated.' + name, work, { isolate: true, ...options })
  const hold = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)

  export const quick = isolated('quick', () => {})
  /** Holds up the event loop until it is told. */
  export const blocking = isolated('blocking', () => { while (!told('unblock')) hold() })
  /** Holds it up for ever, the first time. */
  export const endless = isolated('endless', () => { if (first('endless')) for (;;) hold() })
  /** Takes its process down the first time. */
  export const exiting = isolated('exiting', () => { if (first('isolated')) process.exit(0) }, {
    attempts: 2,
    backoff: { type: 'fixed', delay: '10ms' },
  })
  const leaked = []
  export const leaking = isolated('leaking', () => leaked.push(Buffer.alloc(250_000_000, 1)), {
    isolate: { maxMemory: '250MB' },
  })
  export const hoarding = isolated('hoarding', async context => {
    leaked.push(Buffer.alloc(500_000_000, 1))
    await untilTold('go', context.signal)
  }, { isolate: { maxMemory: '4GB' } })
  export const rejecting = isolated('rejecting', () => {
    void Promise.reject(new Error('nobody waits for this'))
  })
  /** Heeds its signal, and writes down why it was aborted. */
  export const patient = isolated('patient', async context => {
    await untilTold('go', context.signal).catch(error => {
      note(context, context.signal.reason.code)
      throw error
    })
  })
`

const isolating = (test: TestContext) => workingApplication(test, { 'app/jobs/isolated.ts': jobs })

/** How often a job has ended, and the process of its last note. */
const endsOf = ({ notes }: WorkingApplication, job: string) =>
  notes(`isolated.${job}`).filter(({ what }) => what === 'ended').length
const pidOf = ({ notes }: WorkingApplication, job: string) =>
  notes(`isolated.${job}`).at(-1)?.pid ?? Number.NaN

suite('isolated jobs of a worker', { concurrency: 2 }, () => {
  test('end as documented when they misbehave, and neighbours do not notice', async t => {
    const application = await isolating(t)
    const { app, work, push, notes, tell } = application
    const worker = work()
    await worker.said(/worker started/)
    await push('patient', [0, 1])
    await push('isolated.blocking', [0])
    await push('isolated.endless', [0])
    await eventually(() => {
      assert.equal(notes('patient').length, 2)
      assert.equal(notes('isolated.blocking').length + notes('isolated.endless').length, 2)
    })
    // A terminal sends its signals to all processes of a group.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.kill(pidOf(application, 'blocking'), signal)
    }

    for (const name of ['exiting', 'rejecting', 'leaking']) await push(`isolated.${name}`, [0])
    await push('quick', [0])
    await eventually(() => {
      assert.equal(notes('quick').length, 2)
      for (const name of ['exiting', 'rejecting', 'leaking'])
        assert.equal(endsOf(application, name), 1)
    })
    await worker.said(/E_ISOLATED_DIED/)
    await worker.said(/a promise was rejected that nobody waits for/)
    const leaker = pidOf(application, 'leaking')
    await eventually(() => assert.ok(!lives(leaker), 'it was replaced after the job'))

    await app.queue.cancel(notes('isolated.endless')[0]?.id ?? '')
    await worker.said(/isolated process killed: it did not end within 5s/)
    await eventually(() => assert.ok(!lives(pidOf(application, 'endless'))))
    const failed = await app.queue.list('default', { state: 'failed' })
    assert.deepEqual(
      failed.map(({ name }) => name),
      ['isolated.endless'],
    )

    assert.equal(endsOf(application, 'blocking'), 0)
    tell('unblock')
    tell('go')
    await eventually(() => assert.equal(endsOf(application, 'blocking'), 1))
    await eventually(() => assert.equal(notes('patient').length, 4))
    // Everything ran once, but for what ended its process.
    assert.equal(notes('isolated.exiting').length, 3)
    assert.doesNotMatch(worker.output(), /stalled|worker error/)
    worker.signal('SIGTERM')
    assert.equal(await worker.ended, 0, worker.output())
    for (const { pid } of notes()) assert.ok(!lives(pid))
  })

  test('end with a worker that is killed, blocked ones too, and run again elsewhere', async t => {
    const application = await isolating(t)
    const { work, push, notes } = application
    const first = work([], { WORKER_LOCK: '2s' })
    await first.said(/worker started/)
    await push('isolated.endless', [0])
    await push('isolated.quick', [0])
    await eventually(() => {
      assert.ok(notes('isolated.endless').length > 0)
      assert.ok(endsOf(application, 'quick') > 0)
    })
    const pids = [pidOf(application, 'endless'), pidOf(application, 'quick')]
    first.signal('SIGKILL')
    await first.ended
    await eventually(() => assert.deepEqual(pids.map(lives), [false, false]))
    const second = work([], { WORKER_LOCK: '2s' })
    await eventually(() => assert.ok(endsOf(application, 'endless') > 0))
    second.signal('SIGTERM')
    assert.equal(await second.ended, 0, second.output())
  })

  test('know that their worker stops, and go back to their queue', async t => {
    const application = await isolating(t)
    const { work, push, notes, tell } = application
    const first = work([], { WORKER_GRACE: '0s' })
    await first.said(/worker started/)
    await push('isolated.patient', [0])
    await eventually(() => assert.equal(notes('isolated.patient').length, 1))
    first.signal('SIGTERM')
    assert.equal(await first.ended, 1, first.output())
    assert.deepEqual(
      notes('isolated.patient').map(({ what }) => what),
      ['began', 'E_STOPPING'],
    )
    assert.ok(!lives(pidOf(application, 'patient')))
    tell('go')
    const second = work(['--stop-when-empty'])
    assert.equal(await second.ended, 0, second.output())
    assert.equal(endsOf(application, 'patient'), 1)
  })

  test('count in the memory that their worker tells, and in the one that it may take', async t => {
    const { work, push, notes, tell, ask } = await isolating(t)
    const worker = work(['--max-memory', '400MB'])
    await worker.said(/worker started/)
    await push('isolated.hoarding', [0])
    await eventually(async () => {
      const [told] = (await ask('worker', 'list')) as { memoryBytes: number }[]
      assert.ok((told?.memoryBytes ?? 0) > 500_000_000)
    })
    assert.doesNotMatch(worker.output(), /worker ends/, 'no job has ended yet')
    tell('go')
    assert.equal(await worker.ended, 0, worker.output())
    const end = worker.lines().find(({ msg }) => msg?.toString().startsWith('worker ends'))
    assert.equal(end?.['why'], 'memory')
    assert.ok(Number(end?.['memoryBytes']) > 500_000_000)
    assert.equal(notes('isolated.hoarding').length, 2)
  })

  test('run under a supervisor too, apart from its workers', async t => {
    const application = await isolating(t)
    const { work, push, notes } = application
    const supervisor = work(['--processes', '2'])
    const started = () => supervisor.lines().filter(({ msg }) => msg === 'worker started')
    await eventually(() => assert.equal(started().length, 2))
    await push('isolated.quick', [0, 1, 2])
    await eventually(() => assert.equal(endsOf(application, 'quick'), 3))
    const workers = started().map(({ pid }) => pid)
    for (const { pid } of notes('isolated.quick')) {
      assert.ok(!workers.includes(pid))
    }
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 0, supervisor.output())
    for (const { pid } of notes()) assert.ok(!lives(pid))
  })
})

test('a scheduler that runs jobs inline runs isolated ones in processes of their own', async t => {
  const folder = temporaryApp(t, {
    files: {
      'app/index.ts': plainApp,
      'app/jobs/which.ts': `
        import { defineJob } from 'equipage'
        export const which = defineJob({
          name: 'which',
          isolate: true,
          run: ({ log, tick }) => log.info({ schedule: tick?.schedule }, 'here'),
        })
      `,
      'app/scheduler.ts': `
        import { EquipageScheduler } from 'equipage'
        import { which } from './jobs/which.ts'
        export class Scheduler extends EquipageScheduler {
          override register() {
            this.schedule.every(1).seconds.name('often').push(which)
          }
        }
      `,
      'scheduler.ts':
        "import { launch } from 'equipage/launch'\nawait launch('scheduler', () => import('./app/index.ts'))\n",
    },
  })
  const scheduler = processesIn(t, folder).start(['scheduler.ts'], { LOG_FORMAT: 'json' })
  await scheduler.said(/"msg":"here"/)
  const lines = scheduler.lines()
  const line = lines.find(({ msg }) => msg === 'here')
  assert.equal(line?.['schedule'], 'often')
  assert.notEqual(line?.['pid'], lines.find(({ msg }) => msg === 'scheduler started')?.['pid'])
  scheduler.signal('SIGTERM')
  assert.equal(await scheduler.ended, 0, scheduler.output())
  assert.ok(!lives(Number(line?.['pid'])))
})
