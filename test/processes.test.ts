import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { eventually } from '../packages/equipage/test/support/eventually.ts'
import { freePort, startRedis } from '../packages/equipage/test/support/redis.ts'
import { type Application, copyApplication, type Running } from './support/application.ts'

/** The application's scheduler with a tick a second, so that a test need not wait for five. */
const everySecond = `
import { EquipageScheduler } from 'equipage'
import { flightsOfADay } from './jobs/flights.ts'
export class Scheduler extends EquipageScheduler {
  register() {
    this.schedule.every(1).second.name('next day').push(flightsOfADay, async ({ app }) => ({ date: await app.flights.nextDay() }))
  }
}
`

/** A job that runs until it is told to stop, and one that does not listen. */
const longJobs = `
import { defineJob } from 'equipage'
import { once } from 'node:events'
export const heeding = defineJob({ name: 'heeding', async run({ log, signal }) { log.info('at work'); await once(signal, 'abort'); throw new Error('let go') } })
export const deaf = defineJob({ name: 'deaf', async run({ log }) { log.info('at work'); await new Promise(() => setInterval(() => {}, 1000)) } })
`

function report(application: Application): string {
  return readFileSync(join(application.folder, 'storage/reports/delays-by-state.csv'), 'utf8')
}

suite('the processes', { concurrency: true }, () => {
  test('scheduler.ts alone shows its schedules, writes a report, and at Ctrl-C says what it did', async t => {
    const application = copyApplication(t)
    const scheduler = application.start(['scheduler.ts'])
    await scheduler.said(/report\.delays.*job completed/)
    scheduler.signal('SIGINT')
    assert.equal(await scheduler.ended, 0)
    assert.match(scheduler.output(), /schedule +timing +zone +next tick/)
    assert.match(
      scheduler.output(),
      /next day of flights +every 5 seconds +\S+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/,
    )
    assert.match(
      scheduler.output(),
      /scheduler stopped: [1-9]\d* ticks? fired, [1-9]\d* attempts? run/,
    )
    assert.match(report(application), /^state,/)
    assert.ok(existsSync(join(application.folder, 'storage/reports/delays-by-state.svg')))
  })

  test('a tick and a job each leave their line', async t => {
    const application = copyApplication(t)
    application.write('app/scheduler.ts', everySecond)
    const scheduler = application.start(['scheduler.ts'], { LOG_LEVEL: 'debug' })
    await scheduler.said(/report\.delays.*job completed/)
    scheduler.signal('SIGTERM')
    await scheduler.ended
    const tick = scheduler.lines().find(line => line['msg'] === 'tick fired')
    assert.equal(tick?.['schedule'], 'next day')
    assert.match(String(tick?.['tick']), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    assert.equal(typeof tick?.['lagMs'], 'number')
    const started = scheduler.lines().find(line => line['msg'] === 'job started')
    assert.equal(started?.['level'], 'debug')
    const ended = scheduler.lines().find(line => line['msg'] === 'job completed')
    const { job, queue, attempt, outcome } = ended ?? {}
    assert.deepEqual(
      { job, queue, attempt, outcome },
      { job: 'flights.ingest', queue: 'ingest', attempt: 1, outcome: 'completed' },
    )
    assert.equal(typeof ended?.['jobId'], 'string')
    assert.equal(typeof ended?.['durationMs'], 'number')
  })

  test('over Redis, workers that start before it and a scheduler that starts after it do the same work', async t => {
    const application = copyApplication(t)
    application.write('app/scheduler.ts', everySecond)
    const port = await freePort()
    const redis = await startRedis({ port, started: false })
    t.after(() => redis.stop())
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(port) }
    const workers = [
      application.start(['queues.ts', '--queue', 'ingest', '--concurrency', '1'], env),
      application.start(['queues.ts', '--queue', 'reports,default'], env),
    ]
    for (const worker of workers) await worker.said(/Redis does not answer at 127\.0\.0\.1:\d+/)
    await redis.start()
    const scheduler = application.start(['scheduler.ts'], env)
    await workers[1]?.said(/report\.delays.*job completed/)
    assert.match(workers[0]?.output() ?? '', /"job":"flights\.ingest".*job completed/)
    assert.match(report(application), /^state,/)
    for (const running of [scheduler, ...workers]) running.signal('SIGTERM')
    for (const running of [scheduler, ...workers]) assert.equal(await running.ended, 0)
    const last = ({ lines }: Running) => lines().find(({ msg }) => /stopped:/.test(String(msg)))
    const { msg, ...fields } = last(scheduler) ?? {}
    assert.match(String(msg), /^scheduler stopped: [1-9]\d* ticks? fired$/)
    assert.ok(!('attemptsEnded' in fields))
    for (const worker of workers) {
      const { msg, ...fields } = last(worker) ?? {}
      assert.match(String(msg), /^queues stopped: [1-9]\d* attempts? run$/)
      assert.ok(!('ticksFired' in fields))
    }
  })

  test('while Redis is away ticks and jobs wait, and then go on', async t => {
    const application = copyApplication(t)
    application.write('app/scheduler.ts', everySecond)
    const redis = await startRedis()
    t.after(() => redis.stop())
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port) }
    const worker = application.start(['queues.ts'], env)
    const scheduler = application.start(['scheduler.ts'], env)
    await worker.said(/job completed/)
    await redis.kill()
    await scheduler.said(/Redis does not answer/)
    await worker.said(/Redis does not answer/)
    const before = worker.output().length
    await redis.start()
    await eventually(() => assert.match(worker.output().slice(before), /job completed/))
    await eventually(() => assert.match(scheduler.output(), /Redis answers again/))
    scheduler.signal('SIGTERM')
    worker.signal('SIGTERM')
    assert.deepEqual(await Promise.all([scheduler.ended, worker.ended]), [0, 0])
  })

  test('a signal while Redis is away ends the processes with 0', async t => {
    const application = copyApplication(t)
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(await freePort()) }
    const processes = [
      application.start(['scheduler.ts'], env),
      application.start(['queues.ts'], env),
    ]
    for (const running of processes) {
      await running.said(/waiting for it[\s\S]*(scheduler|worker) started/)
      running.signal('SIGTERM')
      assert.equal(await running.ended, 0)
    }
  })

  test('a job that does not end in time is handed back, and the exit code is 1', async t => {
    const application = copyApplication(t)
    application.write('app/jobs/long.ts', longJobs)
    const redis = await startRedis()
    t.after(() => redis.stop())
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port), WORKER_GRACE: '50ms' }
    for (const job of ['heeding', 'deaf']) {
      const worker = application.start(['queues.ts'], env)
      const push = application.start(
        ['node_modules/equipage/bin/equipage.js', 'queue', 'push', job],
        env,
      )
      assert.equal(await push.ended, 0, push.output())
      await worker.said(/at work/)
      worker.signal('SIGTERM')
      assert.equal(await worker.ended, 1)
      assert.match(
        worker.output(),
        /"reason":"the worker is stopping; the job goes back to its queue",.*"msg":"job handed back"/,
      )
      const stats = application.start(
        ['node_modules/equipage/bin/equipage.js', 'queue', 'stats', '--json'],
        env,
      )
      await stats.ended
      const counts = JSON.parse(stats.output()) as {
        queue: string
        waiting: number
        active: number
      }[]
      const { waiting, active } = counts.find(({ queue }) => queue === 'default') ?? {}
      assert.deepEqual({ waiting, active }, { waiting: job === 'heeding' ? 1 : 2, active: 0 })
    }
  })

  test('a second signal ends a process at once', async t => {
    const application = copyApplication(t)
    application.write('app/jobs/long.ts', longJobs)
    const redis = await startRedis()
    t.after(() => redis.stop())
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port), WORKER_GRACE: '1h' }
    const worker = application.start(['queues.ts'], env)
    await application.start(['node_modules/equipage/bin/equipage.js', 'queue', 'push', 'deaf'], env)
      .ended
    await worker.said(/at work/)
    worker.signal('SIGTERM')
    await worker.said(/queues stopping/)
    worker.signal('SIGTERM')
    assert.equal(await worker.ended, 143)
  })

  test('main.ts pushes a job, and says what to run next', async t => {
    const main = copyApplication(t).start(['main.ts'])
    assert.equal(await main.ended, 0)
    assert.match(main.output(), /Job "inspire" is completed on queue "default"/)
    assert.match(main.output(), /npx node scheduler\.ts/)
  })

  test('main.ts fails fast, and says why, when Redis is away', async t => {
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(await freePort()) }
    const main = copyApplication(t).start(['main.ts'], env)
    assert.equal(await main.ended, 1)
    assert.match(
      main.output(),
      /Redis does not answer at 127\.0\.0\.1:\d+ .*; start it, or fix REDIS_HOST/,
    )
  })
})
