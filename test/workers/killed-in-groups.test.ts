import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { runtimeOf } from 'equipage'
import { eventually } from '../../packages/equipage/test/support/eventually.ts'
import { workingApplication } from './support/working-application.ts'

suite('groups of which jobs take their workers down', { concurrency: true }, () => {
  test('reach their end, wherever the workers fall', async t => {
    const { app, push, work, notes } = await workingApplication(t)
    const groups = [0, 1]
    await push('mortal', groups)
    // While its members are made, in each of the three, and before the last job is pushed.
    const falls = groups.length * 5
    const supervisor = work(['--processes', '2', '--concurrency', '1'], { WORKER_LOCK: '2s' })
    await eventually(() => {
      for (const n of groups) {
        const found = notes('summing').filter(note => note.n === n)
        assert.ok(found.length > 0, supervisor.output().slice(-3_000))
        assert.ok(found.every(({ what }) => what === 'found 3'))
      }
    }, 240_000)
    await eventually(async () => {
      const { groups } = await runtimeOf(app).connection
      assert.deepEqual(await groups.unfinished(0), [])
    })
    const pids = new Set(notes().map(({ pid }) => pid))
    assert.ok(pids.size > 2, `${pids.size} processes`)
    const ended = notes('falling').filter(({ what }) => what === 'ended')
    assert.deepEqual(
      [...new Set(ended.map(({ n }) => n))].sort((a, b) => a - b),
      [0, 1, 100, 101, 200, 201],
    )
    assert.equal(supervisor.output().match(/SIGKILL/g)?.length, falls)
    const [counts] = await app.queue.counts()
    assert.deepEqual([counts?.waiting, counts?.failed], [0, 0])
    supervisor.signal('SIGTERM')
    assert.equal(await supervisor.ended, 0, supervisor.output())
  })
})
