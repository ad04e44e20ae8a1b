import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Redis } from 'ioredis'
import { eventually } from '../../packages/equipage/test/support/eventually.ts'
import { workingApplication } from './support/working-application.ts'

/** Locks that outlast every test: what is put back was put back for another reason. */
const longLocks = { WORKER_LOCK: '1h' }

suite('what tells a dead worker from a stopped one', {
  concurrency: true,
  timeout: 280_000,
}, () => {
  test('the jobs of a killed worker run again elsewhere long before their locks run out, the oldest first', async t => {
    const application = await workingApplication(t)
    const { work, push, notes, tell } = application
    const killed = work([], longLocks)
    await killed.said(/worker started/)
    await push('patient', [0, 1, 2])
    await eventually(() => assert.equal(notes('patient').length, 3))
    const other = work(['--concurrency', '1'], longLocks)
    await other.said(/worker started/)
    killed.signal('SIGKILL')
    await killed.ended
    tell('go')
    await eventually(
      () => assert.equal(notes('patient').filter(({ what }) => what === 'ended').length, 3),
      120_000,
    )
    const elsewhere = notes('patient').filter(
      ({ pid, what }) => pid === other.pid && what === 'began',
    )
    assert.deepEqual(
      elsewhere.map(({ n }) => n),
      [0, 1, 2],
    )
    assert.match(other.output(), new RegExp(`"worker":"[^"]*:${killed.pid}","msg":"job stalled`))
    other.signal('SIGTERM')
    assert.equal(await other.ended, 0, other.output())
  })

  test('a worker that is stopped for a while keeps its jobs, and ends them when it goes on', async t => {
    const application = await workingApplication(t)
    const { work, push, notes, tell } = application
    const stopped = work([], longLocks)
    await stopped.said(/worker started/)
    await push('patient', [0, 1])
    await eventually(() => assert.equal(notes('patient').length, 2))
    const other = work([], longLocks)
    await other.said(/worker started/)
    stopped.signal('SIGSTOP')
    // As long as five looks of the other one take.
    const { host, port } = application.redis
    const client = new Redis(port, host)
    t.after(() => client.disconnect())
    const beats = async () => {
      const [key = ''] = await client.keys('*::consumers:heartbeats')
      return Math.max(...(await client.hvals(key)).map(Number))
    }
    const before = await beats()
    await eventually(async () => assert.ok((await beats()) >= before + 5), 120_000)
    stopped.signal('SIGCONT')
    tell('go')
    await eventually(() =>
      assert.equal(notes('patient').filter(({ what }) => what === 'ended').length, 2),
    )
    assert.deepEqual(
      notes('patient').map(({ pid }) => pid),
      Array(4).fill(stopped.pid),
    )
    for (const worker of [stopped, other]) {
      worker.signal('SIGTERM')
      assert.equal(await worker.ended, 0, worker.output())
    }
  })
})
