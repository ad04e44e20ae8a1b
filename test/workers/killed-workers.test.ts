import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../../packages/equipage/test/support/eventually.ts'
import { seeded } from '../ticks/support/chance.ts'
import { workingApplication } from './support/working-application.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

suite('workers under load', { concurrency: true }, () => {
  test('killed over and over, every job completes, and each has done its work at least once', async t => {
    const jobs = 2_000
    const { app, push, work, notes } = await workingApplication(t)
    await push('short', numbers(jobs))
    const env = { WORKER_LOCK: '2s', QUEUE_KEEP_COMPLETED_COUNT: '10000' }
    const start = () => work(['--concurrency', '5'], env)
    const workers = [start(), start(), start()]
    const chance = seeded(3)
    const counts = async () => (await app.queue.counts()).find(({ queue }) => queue === 'default')
    const begun = new Set<number>()
    const look = () => {
      for (const { n } of notes('short')) begun.add(n)
      return begun.size
    }
    let kills = 0
    // It goes on killing while there is work, and each victim has had work before.
    for (let seen = 0; seen < jobs; ) {
      const before = seen
      await eventually(() => assert.ok(look() > before || begun.size === jobs))
      seen = look()
      const place = Math.floor(chance() * workers.length)
      workers[place]?.signal('SIGKILL')
      await workers[place]?.ended
      workers[place] = start()
      kills++
      await pause(600 * chance())
    }
    await eventually(async () => assert.equal((await counts())?.completed, jobs), 120_000)
    const { waiting, delayed, active, failed } = (await counts()) ?? {}
    assert.deepEqual(
      { waiting, delayed, active, failed },
      { waiting: 0, delayed: 0, active: 0, failed: 0 },
    )
    const ended = new Set(notes('short').flatMap(({ what, n }) => (what === 'ended' ? [n] : [])))
    assert.equal(ended.size, jobs)
    assert.ok(kills >= 5, `${kills} kills`)
    for (const worker of workers) worker.signal('SIGTERM')
    for (const worker of workers) await worker.ended
  })

  test('told to stop one after the other, nothing fails or stalls, and nobody takes longer than its grace', async t => {
    const jobs = 600
    const { app, push, work, notes } = await workingApplication(t)
    await push('short', numbers(jobs))
    const env = { WORKER_GRACE: '30s', QUEUE_KEEP_COMPLETED_COUNT: '10000' }
    const workers = [work(['--concurrency', '5'], env)]
    for (let turn = 0; turn < 4; turn++) {
      const before = notes('short').length
      await eventually(() => assert.ok(notes('short').length > before + 20))
      const next = work(['--concurrency', '5'], env)
      workers.push(next)
      await next.said(/worker started/)
      const [old] = workers.slice(turn)
      old?.signal('SIGTERM')
      assert.equal(await old?.ended, 0)
    }
    await eventually(async () => {
      const counts = (await app.queue.counts()).find(({ queue }) => queue === 'default')
      assert.equal(counts?.completed, jobs)
      assert.equal(counts?.failed, 0)
    }, 60_000)
    // Each ran exactly once: nobody took over what another one held.
    assert.equal(notes('short').length, 2 * jobs)
    for (const worker of workers) {
      assert.doesNotMatch(worker.output(), /stalled|handed back|worker error/)
    }
    workers.at(-1)?.signal('SIGTERM')
    assert.equal(await workers.at(-1)?.ended, 0)
  })
})
