import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../../packages/equipage/test/support/eventually.ts'
import { seeded } from '../ticks/support/chance.ts'
import { followParts, isBusy, overlaps } from './support/follow-notes.ts'
import { UniquePusher } from './support/unique-pusher.ts'
import { workingApplication } from './support/working-application.ts'

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, n) => from + n)

suite('workers under load', { concurrency: true, timeout: 280_000 }, () => {
  test('killed over and over, every job completes, no stored part runs again, and no key has two jobs', async t => {
    const kills = 25
    const chunk = { short: 320, parted: 80 }
    const { app, push, work, notes } = await workingApplication(t)
    // Long beside what holds up a live worker on a busy machine, for then its jobs run twice.
    const env = { WORKER_LOCK: '10s', QUEUE_KEEP_COMPLETED_COUNT: '100000' }
    const start = () => work(['--concurrency', '10'], env)
    const workers = [start(), start(), start()]
    const chance = seeded(3)
    const pusher = new UniquePusher(app.queue, (await app.jobs).resolve('single'), 20)
    const pushing = pusher.go()
    // Its own failure is told below, behind that of the kills.
    pushing.catch(() => pusher.stop())
    for (let kill = 0; kill < kills; kill++) {
      await push('short', numbers(chunk.short, kill * chunk.short))
      await push('parted', numbers(chunk.parted, kill * chunk.parted))
      const place = Math.floor(chance() * workers.length)
      await eventually(() => assert.ok(isBusy(notes(), workers[place]?.pid)), 120_000)
      await pause(300 * chance())
      workers[place]?.signal('SIGKILL')
      await workers[place]?.ended
      workers[place] = start()
    }
    pusher.stop()
    const accepted = await pushing
    const jobs = { default: kills * (chunk.short + chunk.parted), others: accepted.length }
    assert.equal(jobs.default, 10_000)
    await eventually(async () => {
      for (const { queue, ...counts } of await app.queue.counts()) {
        const completed = jobs[queue as keyof typeof jobs]
        assert.deepEqual(counts, { waiting: 0, delayed: 0, active: 0, completed, failed: 0 })
      }
    }, 240_000)
    for (const worker of workers) worker.signal('SIGTERM')
    for (const worker of workers) assert.equal(await worker.ended, 0, worker.output())
    const ended = new Set(
      notes().flatMap(({ what, id, job }) => (what === 'ended' ? [job + id] : [])),
    )
    assert.equal(ended.size, jobs.default + jobs.others)
    const parts = followParts(notes('parted'))
    assert.deepEqual([parts.stored, parts.again], [3 * kills * chunk.parted, []])
    assert.ok(parts.spared > 0, 'no worker was killed between two parts')
    assert.deepEqual(overlaps(notes('single')), [])
    assert.ok(accepted.length > 20 && pusher.refused > 0, `${accepted.length}, ${pusher.refused}`)
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
