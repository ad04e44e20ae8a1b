import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runtimeOf } from 'equipage'
import { eventually } from '../../packages/equipage/test/support/eventually.ts'
import { workingApplication } from './support/working-application.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

suite('queues.ts ends by itself', { concurrency: 3 }, () => {
  test('with --stop-when-empty, when every job that waits or is due is run', async t => {
    const { app, push, work, notes } = await workingApplication(t)
    await push('quick', numbers(20))
    await push('other', numbers(5))
    await app.queue.pushIn('1h', (await runtimeOf(app).jobs).resolve('quick'), { n: 99 })
    const worker = work(['--stop-when-empty'])
    assert.equal(await worker.ended, 0, worker.output())
    assert.equal(notes('quick').filter(({ what }) => what === 'ended').length, 20)
    assert.equal(notes('other').filter(({ what }) => what === 'ended').length, 5)
    assert.match(worker.output(), /"why":"empty","msg":"worker ends: nothing is left to do"/)
    assert.deepEqual(await (await runtimeOf(app).connection).workers.reports(), [])
  })

  test('with --once, after one job, however many wait in however many queues', async t => {
    const { push, work, notes, ask } = await workingApplication(t)
    await push('quick', numbers(5))
    await push('other', numbers(5))
    const worker = work(['--once'])
    assert.equal(await worker.ended, 0, worker.output())
    assert.deepEqual(
      notes().map(({ what }) => what),
      ['began', 'ended'],
    )
    const counts = (await ask('queue', 'stats')) as { waiting: number; active: number }[]
    assert.equal(
      counts.reduce((sum, { waiting }) => sum + waiting, 0),
      9,
    )
    assert.equal(
      counts.reduce((sum, { active }) => sum + active, 0),
      0,
    )
  })

  test('with --once it waits for a job; with --stop-when-empty beside it, it does not', async t => {
    const { push, work, notes } = await workingApplication(t)
    const empty = work(['--once', '--stop-when-empty'])
    assert.equal(await empty.ended, 0, empty.output())
    const worker = work(['--once'])
    await worker.said(/worker started/)
    await push('quick', [1])
    assert.equal(await worker.ended, 0, worker.output())
    assert.equal(notes('quick').length, 2)
  })

  test('with --max-jobs, after so many attempts, which may all end', async t => {
    const { push, work, notes, tell } = await workingApplication(t)
    await push('patient', numbers(8))
    const worker = work(['--max-jobs', '3'], { WORKER_GRACE: '1ms' })
    await eventually(() => assert.equal(notes('patient').length, 3))
    tell('go')
    assert.equal(await worker.ended, 0, worker.output())
    assert.equal(notes('patient').length, 6)
    assert.match(worker.output(), /"maxJobs":3,"msg":"worker ends: its jobs are run"/)
  })

  test('with --max-memory, after the job that left it with more', async t => {
    const { push, work, notes } = await workingApplication(t)
    const worker = work(['--max-memory', '400MB', '--concurrency', '1'])
    await worker.said(/worker started/)
    await push('quick', [1])
    await eventually(() => assert.equal(notes('quick').length, 2))
    await push('leaking', numbers(4))
    assert.equal(await worker.ended, 0, worker.output())
    assert.match(worker.output(), /"memoryBytes":\d+,"maxMemoryBytes":400000000/)
    const runs = notes('leaking').filter(({ what }) => what === 'ended').length
    assert.ok(runs > 0 && runs <= 4)
  })

  test('and says of a wrong flag what is expected, with the exit code 78', async t => {
    const { work } = await workingApplication(t)
    for (const [args, expected] of [
      [['--max-jobs', '0'], /--max-jobs.*expected a whole number from 1 to 1000000000/],
      [['--max-memory', 'much'], /--max-memory.*expected an amount of memory such as 300MB/],
      [['--processes', '2.5'], /--processes.*expected a whole number from 1 to 1000/],
      [['--processes', '2', '--queue', 'otters'], /'otters'; did you mean "others"\?/],
      [['--max-job', '3'], /unknown option '--max-job'/],
    ] as const) {
      const worker = work(args)
      assert.equal(await worker.ended, 78, worker.output())
      assert.match(worker.output(), expected)
    }
    const worker = work([], { WORKER_MAX_MEMORY: '300', WORKER_LOCK: '10ms' })
    assert.equal(await worker.ended, 78, worker.output())
    assert.match(worker.output(), /WORKER_MAX_MEMORY .*expected an amount of data such as/)
    assert.match(worker.output(), /WORKER_LOCK .*1s or longer/)
  })
})
