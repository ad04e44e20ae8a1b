import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { runtimeOf } from 'equipage'
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
    const pusher = new UniquePusher(app.queue, (await runtimeOf(app).jobs).resolve('single'), 20)
    const pushing = pusher.go()
    // Its own failure is told below, behind that of the kills.
    pushing.catch(() => pusher.stop())
    for (let kill = 0; kill < kills; kill++) {
      await push('short', numbers(chunk.short, kill * chunk.short))
      await push('parted', numbers(chunk.parted, kill * chunk.parted))
      const where = Math.floor(chance() * workers.length)
      await eventually(() => assert.ok(isBusy(notes(), workers[where]?.pid)), 120_000)
      await pause(300 * chance())
      workers[where]?.signal('SIGKILL')
      await workers[where]?.ended
      workers[where] = start()
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
    // The last one may have been started just now, and answers signals when it has begun.
    for (const worker of workers) await worker.said(/worker started/)
    for (const worker of workers) worker.signal('SIGTERM')
    for (const worker of workers) assert.equal(await worker.ended, 0, worker.output())
    const ended = new Set(
      notes().flatMap(({ what, id, job }) => (what === 'ended' ? [job + id] : [])),
    )
    assert.equal(ended.size, jobs.default + jobs.others)
    const dependencies = followParts(notes('parted'))
    assert.deepEqual([dependencies.stored, dependencies.again], [3 * kills * chunk.parted, []])
    assert.ok(dependencies.spared > 0, 'no worker was killed between two parts')
    assert.deepEqual(overlaps(notes('single')), [])
    assert.ok(accepted.length > 20 && pusher.refused > 0, `${accepted.length}, ${pusher.refused}`)
  })

  test('told to stop one after the other, nothing fails or stalls, and nobody takes longer than its grace', async t => {
    const { app, push, work, notes } = await workingApplication(t)
    const env = { WORKER_GRACE: '30s', QUEUE_KEEP_COMPLETED_COUNT: '100000' }
    const counts = async () => (await app.queue.counts()).find(({ queue }) => queue === 'default')
    const start = async () => {
      const worker = work(['--concurrency', '5'], env)
      await worker.said(/worker started/)
      return worker
    }
    let jobs = 0
    const workers = [await start()]
    for (let turn = 0; turn < 4; turn++) {
      workers.push(await start())
      const old = workers[turn]
      // Under load until the signal comes, however long the other one took to start.
      await eventually(async () => {
        if ((await counts())?.waiting === 0) {
          await push('short', numbers(100, jobs))
          jobs += 100
        }
        assert.ok(isBusy(notes(), old?.pid))
      })
      old?.signal('SIGTERM')
      assert.equal(await old?.ended, 0)
    }
    await eventually(async () => {
      const { completed, failed } = (await counts()) ?? {}
      assert.deepEqual([completed, failed], [jobs, 0])
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
