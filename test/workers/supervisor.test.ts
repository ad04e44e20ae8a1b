import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { eventually } from '../../packages/equipage/test/support/eventually.ts'
import type { Running } from '../support/application.ts'
import { workingApplication } from './support/working-application.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** The processes that say in their log that they run jobs. */
function workersOf(supervisor: Running): number[] {
  return supervisor
    .lines()
    .filter(({ msg }) => msg === 'worker started')
    .map(({ pid }) => Number(pid))
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

suite('queues.ts --processes', { concurrency: 3 }, () => {
  test('runs jobs in so many processes, lists each, and ends all of them at one signal', async t => {
    const { work, push, notes, ask, tell } = await workingApplication(t)
    const supervisor = work(['--processes', '3', '--concurrency', '2'])
    await eventually(() => assert.equal(workersOf(supervisor).length, 3))
    await push('patient', numbers(6))
    await eventually(() => assert.equal(notes('patient').length, 6))
    const pids = workersOf(supervisor)
    assert.deepEqual(new Set(notes('patient').map(({ pid }) => pid)), new Set(pids))
    await eventually(async () => {
      const listed = (await ask('worker', 'list')) as { process: string; active: number }[]
      assert.deepEqual(
        listed.map(({ process, active }) => [Number(process.split(':').at(-1)), active]).toSorted(),
        pids.map(pid => [pid, 2]).toSorted(),
      )
    })
    tell('go')
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 0, supervisor.output())
    assert.ok(!pids.some(isAlive))
    assert.deepEqual(await ask('worker', 'list'), [])
    assert.match(supervisor.output(), /"msg":"queues stopped: 6 attempts run"/)
  })

  test('lines for a person say which process wrote them', async t => {
    const { work } = await workingApplication(t)
    const pretty = { LOG_FORMAT: 'pretty', NO_COLOR: '1' }
    const supervisor = work(['--processes', '2'], pretty)
    const pidsOf = (message: string) =>
      Array.from(
        supervisor.output().matchAll(new RegExp(`\\((\\d+)\\)[^\n]*: ${message}`, 'g')),
        ([, pid]) => pid,
      )
    await eventually(() => assert.equal(new Set(pidsOf('worker started')).size, 2))
    const [own] = pidsOf('supervisor started')
    assert.ok(own !== undefined && !pidsOf('worker started').includes(own))
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 0, supervisor.output())
  })

  test('waits for the jobs that run when it is stopped, and ends with 0', async t => {
    const { work, push, notes, tell } = await workingApplication(t)
    const supervisor = work(['--processes', '2', '--concurrency', '1'])
    await push('patient', numbers(2))
    await eventually(() => assert.equal(notes('patient').length, 2))
    supervisor.signal('SIGTERM')
    await supervisor.said(/queues stopping/)
    tell('go')
    assert.equal(await supervisor.ended, 0, supervisor.output())
    assert.equal(notes('patient').length, 4)
    assert.ok(!workersOf(supervisor).some(isAlive))
  })

  test('ends with 1 when one of its processes had to hand jobs back, which wait again', async t => {
    const { work, push, notes, app } = await workingApplication(t)
    const supervisor = work(['--processes', '2', '--concurrency', '1'], { WORKER_GRACE: '50ms' })
    await push('patient', numbers(2))
    await eventually(() => assert.equal(notes('patient').length, 2))
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 1, supervisor.output())
    const last = supervisor.lines().at(-1)
    assert.match(String(last?.['msg']), /^queues stopped: /)
    assert.equal(last?.['handedBack'], 2)
    const [counts] = await app.queue.counts()
    assert.deepEqual([counts?.waiting, counts?.active, counts?.failed], [2, 0, 0])
  })

  test('restarts a process that was killed', async t => {
    const { work, push, notes } = await workingApplication(t)
    const supervisor = work(['--processes', '2'])
    await eventually(() => assert.equal(workersOf(supervisor).length, 2))
    const [victim = 0] = workersOf(supervisor)
    process.kill(victim, 'SIGKILL')
    await supervisor.said(/"signal":"SIGKILL".*it is restarted/)
    await eventually(() => assert.equal(workersOf(supervisor).length, 3))
    await push('quick', numbers(5))
    await eventually(() => assert.equal(notes('quick').length, 10))
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 0, supervisor.output())
    assert.match(
      supervisor.output(),
      /"processesUnreported":1,.*"queues stopped: at least 5 attempts run"/,
    )
  })

  test('leaves no process behind when it is killed itself, and each of them ends as it should', async t => {
    const { work, push, notes, tell, app } = await workingApplication(t)
    const supervisor = work(['--processes', '2', '--concurrency', '1'])
    await push('patient', numbers(2))
    await eventually(() => assert.equal(notes('patient').length, 2))
    const pids = workersOf(supervisor)
    supervisor.signal('SIGKILL')
    tell('go')
    await eventually(() => assert.ok(!pids.some(isAlive)))
    assert.equal(notes('patient').length, 4)
    const [counts] = await app.queue.counts()
    assert.deepEqual([counts?.waiting, counts?.active, counts?.completed], [0, 0, 2])
  })

  test('ends its processes at once at a second signal', async t => {
    const { work, push, notes } = await workingApplication(t)
    const supervisor = work(['--processes', '2', '--concurrency', '1'], { WORKER_GRACE: '1h' })
    await push('patient', numbers(2))
    await eventually(() => assert.equal(notes('patient').length, 2))
    supervisor.signal('SIGTERM')
    await supervisor.said(/queues stopping/)
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 143)
    await eventually(() => assert.ok(!workersOf(supervisor).some(isAlive)))
  })

  test('with --stop-when-empty ends with 0 when all of its processes have', async t => {
    const { work, push, notes } = await workingApplication(t)
    await push('quick', numbers(30))
    const supervisor = work(['--processes', '2', '--stop-when-empty'])
    assert.equal(await supervisor.ended, 0, supervisor.output())
    assert.equal(notes('quick').length, 60)
    assert.match(supervisor.output(), /"msg":"queues stopped: 30 attempts run"/)
  })

  test('with --max-jobs replaces each process that has had enough', async t => {
    const { work, push, notes } = await workingApplication(t)
    await push('quick', numbers(12))
    const supervisor = work(['--processes', '2', '--max-jobs', '3'])
    await eventually(() => assert.equal(notes('quick').length, 24))
    assert.ok(new Set(notes('quick').map(({ pid }) => pid)).size >= 4)
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 0, supervisor.output())
    assert.match(supervisor.output(), /"msg":"queues stopped: 12 attempts run"/)
  })

  test('with --balance auto gives each queue a process, and moves one to where jobs wait', async t => {
    const { work, push, notes, tell } = await workingApplication(t)
    const few = work(['--processes', '1', '--balance', 'auto'])
    assert.equal(await few.ended, 78, few.output())
    assert.match(few.output(), /E_TOO_FEW_PROCESSES.*1 are too few for 2 \(default, others\)/)
    const args = ['--processes', '3', '--balance', 'auto', '--concurrency', '1']
    const supervisor = work(args, { QUEUE_KEEP_COMPLETED_COUNT: '1000' })
    await eventually(() => assert.equal(workersOf(supervisor).length, 3))
    // The first and the third process have `default`; both stand still, and the other queue fills.
    const queuesOf = () =>
      supervisor.lines().flatMap(({ msg, queues }) => (msg === 'worker started' ? [queues] : []))
    assert.deepEqual(queuesOf().toSorted(), [['default'], ['default'], ['others']])
    await push('standing', numbers(20))
    await supervisor.said(
      /"from":"default","to":"others","msg":"worker process moves to another queue"/,
    )
    await eventually(() => assert.deepEqual(queuesOf().at(-1), ['others']))
    tell('go')
    await eventually(() => assert.equal(notes('standing').length, 40))
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 0, supervisor.output())
  })
})
