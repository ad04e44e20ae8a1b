import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { eventually } from '../../packages/equipage/test/support/eventually.ts'
import { type WorkingApplication, workingApplication } from './support/working-application.ts'

/** Workers count as silent soon, so that a test need not wait for half a minute. */
const soon = { WORKER_LOCK: '5s' }

/** Whether each number's job has ended; more than once, where a busy machine held its worker still. */
function haveEnded({ notes }: WorkingApplication, job: string, count: number): void {
  const ended = new Set(notes(job).flatMap(({ what, n }) => (what === 'ended' ? [n] : [])))
  assert.equal(ended.size, count)
}

suite('a job that takes its worker down', { concurrency: 3, timeout: 280_000 }, () => {
  test('by process.exit: the log names what ran, the exit code is not 0, and all of it runs again elsewhere', async t => {
    const application = await workingApplication(t)
    const { work, push, notes, tell } = application
    const first = work([], soon)
    await first.said(/worker started/)
    await push('patient', [0, 1, 2])
    await push('exiting', [0])
    await eventually(() => assert.equal(notes().length, 4))
    tell('exit')
    assert.equal(await first.ended, 1, first.output())
    const line = first.lines().find(({ msg }) => String(msg).includes('in the middle of jobs'))
    assert.equal(line?.['active'], 4)
    assert.match(JSON.stringify(line?.['running']), /"name":"exiting"/)
    tell('go')
    const second = work([], soon)
    await eventually(() => {
      haveEnded(application, 'patient', 3)
      haveEnded(application, 'exiting', 1)
    })
    assert.match(second.output(), /job stalled: its worker \w+, it runs again/)
    second.signal('SIGTERM')
    assert.equal(await second.ended, 0, second.output())
  })

  test('again and again: it fails when it has done so ten times, and its neighbours are run', async t => {
    const application = await workingApplication(t)
    const { work, push, notes, app } = application
    await push('fatal', [0])
    await push('quick', [0, 1, 2])
    // One job at a time: the fatal one is always alone. A worker that is held still for longer than
    // its lock does no harm here: it runs what it has late, and no job begins more often for it.
    const supervisor = work(['--processes', '2', '--concurrency', '1'], { WORKER_LOCK: '1s' })
    await eventually(async () => {
      const [counts] = await app.queue.counts()
      assert.equal(counts?.failed, 1)
    }, 240_000)
    await eventually(() => assert.equal(notes('fatal').length, 11))
    haveEnded(application, 'quick', 3)
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 0, supervisor.output())
  })

  test('by filling its memory: it and its neighbours run again elsewhere', async t => {
    const application = await workingApplication(t)
    const { work, push, notes, tell } = application
    const first = work([], { ...soon, NODE_OPTIONS: '--max-old-space-size=64' })
    await first.said(/worker started/)
    await push('patient', [0, 1])
    await push('exhausting', [0])
    await eventually(() => assert.equal(notes().length, 3))
    tell('exhaust')
    assert.notEqual(await first.ended, 0)
    assert.match(first.output(), /heap out of memory/)
    tell('go')
    const second = work([], soon)
    await eventually(() => {
      haveEnded(application, 'patient', 2)
      haveEnded(application, 'exhausting', 1)
    })
    second.signal('SIGTERM')
    assert.equal(await second.ended, 0, second.output())
  })

  test('not by a rejection that nobody waits for: it is logged, and the worker goes on', async t => {
    const application = await workingApplication(t)
    const worker = application.work()
    await worker.said(/worker started/)
    await application.push('rejecting', [0])
    await worker.said(/a promise was rejected that nobody waits for/)
    await application.push('quick', [0])
    await eventually(() => haveEnded(application, 'quick', 1))
    worker.signal('SIGTERM')
    assert.equal(await worker.ended, 0, worker.output())
  })

  test('by holding up its event loop: it and its neighbours run again elsewhere, and nothing is lost', async t => {
    const application = await workingApplication(t)
    const { work, push, notes, tell, app } = application
    const held = work([], soon)
    await held.said(/worker started/)
    await push('patient', [0, 1, 2])
    await push('blocking', [0])
    await eventually(() => assert.equal(notes().length, 4))
    tell('block')
    const other = work([], soon)
    await other.said(/worker started/)
    // Whoever runs them the second time is not held up.
    await eventually(() => haveEnded(application, 'blocking', 1))
    tell('go')
    await eventually(() => haveEnded(application, 'patient', 3))
    assert.match(other.output(), /job stalled: its worker \w+, it runs again/)
    tell('unblock')
    // The one that was held up finds that the jobs are no longer its own, and works on.
    await eventually(() =>
      assert.ok(notes('blocking').filter(({ what }) => what === 'ended').length > 1),
    )
    other.signal('SIGTERM')
    assert.equal(await other.ended, 0, other.output())
    await push('quick', [0])
    await eventually(() => haveEnded(application, 'quick', 1))
    held.signal('SIGTERM')
    assert.equal(await held.ended, 0, held.output())
    const [counts] = await app.queue.counts()
    assert.deepEqual([counts?.waiting, counts?.active, counts?.failed], [0, 0, 0])
  })
})

suite('a job that never ends and does not heed its signal', { concurrency: true }, () => {
  test('has failed at its timeout, is told of, and is tried again beside itself', async t => {
    const application = await workingApplication(t)
    const { work, push, notes } = application
    const worker = work([], { WORKER_GRACE: '1h' })
    await push('deaf', [0])
    await worker.said(/"code":"E_JOB_TIMEOUT".*job failed, to be retried/)
    await worker.said(/the function of an attempt that had been aborted still runs/)
    await eventually(() => haveEnded(application, 'deaf', 1))
    assert.deepEqual(
      notes('deaf').map(({ what }) => what),
      ['began', 'began', 'ended'],
    )
    // What runs on belongs to no job any more: a stop does not wait for it.
    worker.signal('SIGTERM')
    assert.equal(await worker.ended, 0, worker.output())
  })

  test('is handed back when the grace of a stop is over, and ends with its process', async t => {
    const { work, push, notes, app } = await workingApplication(t)
    const worker = work([], { WORKER_GRACE: '100ms' })
    await push('endless', [0])
    await eventually(() => assert.equal(notes('endless').length, 1))
    worker.signal('SIGTERM')
    assert.equal(await worker.ended, 1, worker.output())
    assert.match(worker.output(), /"job":"endless".*job handed back/)
    const [counts] = await app.queue.counts()
    assert.deepEqual([counts?.waiting, counts?.active, counts?.failed], [1, 0, 0])
    // The attempt did not count.
    const [job] = await app.queue.list('default', { state: 'waiting' })
    assert.equal(job?.attemptsMade, 0)
  })
})
