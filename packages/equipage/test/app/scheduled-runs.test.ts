import assert from 'node:assert/strict'
import { after, before, suite, type TestContext, test } from 'node:test'
import { Equipage, runtimeOf } from '../../src/app/index.ts'
import { defineConfig } from '../../src/config/index.ts'
import type { LedgerRow } from '../../src/connection/index.ts'
import { VirtualClock } from '../../src/testing/index.ts'
import { eventually } from '../support/eventually.ts'
import { type CapturedLine, capturedLog } from '../support/lines.ts'
import { pingServer } from '../support/ping-server.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'
import { temporaryApp } from '../support/temporary-app.ts'
import { tickMetadata } from '../support/tick-metadata.ts'

const minute = 60_000

class App extends Equipage {
  static override config = defineConfig({})
  /** What jobs and hooks did in this process, in order. */
  readonly notes: string[] = []
}

const jobs = `
  import { defineChain, defineJob } from 'equipage'
  const note = (name, act = () => null) => async ({ app, attempt }) => {
    app.notes.push(\`\${name} \${attempt}\`)
    return act(app)
  }
  const backoff = { type: 'fixed', delay: '5s', jitter: 0 }
  export const report = defineJob({ name: 'report', run: note('report') })
  export const failing = defineJob({
    name: 'failing',
    attempts: 2,
    backoff,
    run: note('failing', () => Promise.reject(new Error('no luck'))),
  })
  export const slow = defineJob({
    name: 'slow',
    run: note('slow', app => new Promise(done => app.clock.after(5_000, () => done(null)))),
  })
  export const day = defineChain({ name: 'day', start: report }).andThen(slow, () => ({}))
  export const badDay = defineChain({ name: 'bad-day', start: failing }).andThen(slow, () => ({}))
`

/** An `app/scheduler.ts` with one schedule, whose hooks note what they are called for. */
const scheduler = (action: string) => `
  import { EquipageScheduler } from 'equipage'
  import { badDay, day, failing, report, slow } from './jobs/all.ts'
  const said = outcome => (outcome.ok ? 'ok' : outcome.error.message)
  export class Scheduler extends EquipageScheduler {
    register() {
      this.schedule.every().minute.name('watched')
        .before(({ app, schedule, date }) => app.notes.push(\`before \${schedule} \${date}\`))
        .after(({ app }, outcome) => app.notes.push(\`after: \${said(outcome)}\`))
        .onSuccess(({ app }) => app.notes.push('success'))
        .onFailure(({ app }) => app.notes.push('failure'))
        .onSkip(({ app }, reason) => app.notes.push(\`skip: \${reason}\`))
        .${action}
    }
  }
`

/** An application on a clock that the test moves; `boot` starts its scheduler and a worker beside it. */
function world(t: TestContext, files: Record<string, string>) {
  const folder = temporaryApp(t, { files: { 'app/jobs/all.ts': jobs, ...files } })
  const { log, lines } = capturedLog()
  const clock = new VirtualClock('2026-01-01T00:00:00Z')
  const app = App.make(folder, { env: {} })
  app.replace('clock', clock)
  app.replace('log', log)
  t.after(() => app.dispose())
  const boot = async () => {
    const running = await runtimeOf(app).scheduler
    assert.ok(running)
    const worker = runtimeOf(app).worker()
    await worker.start()
    await running.start()
    t.after(async () => {
      await Promise.all([running.stop(0), worker.stop(0)])
    })
  }
  return { app, clock, lines, boot, errors: () => errorsIn(lines) }
}

const errorsIn = (lines: readonly CapturedLine[]) =>
  lines.filter(({ level }) => level >= 50).map(({ msg }) => msg)

suite('the hooks of a schedule that pushes', { concurrency: true }, () => {
  test('are called around the run of its job', async t => {
    const { app, clock, boot } = world(t, { 'app/scheduler.ts': scheduler('push(report)') })
    await boot()
    await clock.advance(minute)
    await eventually(() =>
      assert.deepEqual(app.notes, [
        'before watched 2026-01-01',
        'report 1',
        'after: ok',
        'success',
      ]),
    )
  })

  test('see its attempts as one run, which fails when the last one does', async t => {
    const { app, clock, boot } = world(t, { 'app/scheduler.ts': scheduler('push(failing)') })
    await boot()
    await clock.advance(minute)
    await eventually(() => assert.deepEqual(app.notes, ['before watched 2026-01-01', 'failing 1']))
    await eventually(async () => {
      await clock.advance(1_000)
      assert.deepEqual(app.notes.slice(2), ['failing 2', 'after: no luck', 'failure'])
    })
  })

  test('see the jobs of a chain as one run', async t => {
    const { app, clock, boot } = world(t, { 'app/scheduler.ts': scheduler('push(day)') })
    await boot()
    await clock.advance(minute)
    const begun = ['before watched 2026-01-01', 'report 1', 'slow 1']
    await eventually(() => assert.deepEqual(app.notes, begun))
    await clock.advance(5_000)
    await eventually(() => assert.deepEqual(app.notes, [...begun, 'after: ok', 'success']))
  })

  test('see a chain as failed when one of its jobs is', async t => {
    const { app, clock, boot } = world(t, { 'app/scheduler.ts': scheduler('push(badDay)') })
    await boot()
    await clock.advance(minute)
    await eventually(async () => {
      await clock.advance(1_000)
      const run = ['failing 1', 'failing 2', 'after: no luck', 'failure']
      assert.deepEqual(app.notes, ['before watched 2026-01-01', ...run])
    })
  })

  test('are called for ticks that are skipped', async t => {
    const source = scheduler("push(slow).withoutOverlapping().environments('production')")
    const { app, clock, boot } = world(t, { 'app/scheduler.ts': source })
    await boot()
    await clock.advance(minute)
    await eventually(() => assert.deepEqual(app.notes, ['skip: environment']))
  })
})

suite('the hooks of a schedule that calls a function', { concurrency: true }, () => {
  test('are called around it, in the scheduler', async t => {
    const action = "do(({ app }) => app.notes.push('called'))"
    const { app, clock, boot } = world(t, { 'app/scheduler.ts': scheduler(action) })
    await boot()
    await clock.advance(minute)
    await eventually(() =>
      assert.deepEqual(app.notes, ['before watched 2026-01-01', 'called', 'after: ok', 'success']),
    )
  })

  test('are given what it threw', async t => {
    const action = "do(() => Promise.reject(new Error('no luck')))"
    const { app, clock, boot } = world(t, { 'app/scheduler.ts': scheduler(action) })
    await boot()
    await clock.advance(minute)
    await eventually(() => assert.deepEqual(app.notes.slice(1), ['after: no luck', 'failure']))
  })
})

suite('a process that runs the job of a tick', { concurrency: true }, () => {
  /** Runs a job with the metadata of a tick in a process whose scheduler is not started. */
  async function pushed(app: App, job: string, schedule?: string) {
    const tick = tickMetadata({ schedule: schedule ?? '' })
    const prepared = await app.queue.prepare(job, {}, {}, 0, schedule === undefined ? {} : { tick })
    return (await runtimeOf(app).connection).carrier.push(prepared)
  }

  test('finds the schedule by its name, and registers nothing', async t => {
    const { app, errors } = world(t, { 'app/scheduler.ts': scheduler('push(report)') })
    assert.equal((await pushed(app, 'report', 'watched')).state, 'completed')
    assert.deepEqual(app.notes, ['before watched 2026-11-21', 'report 1', 'after: ok', 'success'])
    assert.deepEqual(await (await runtimeOf(app).connection).ticks.stored(), [])
    assert.deepEqual(errors(), [])
  })

  test('calls nothing for a schedule that is gone', async t => {
    const { app, errors } = world(t, { 'app/scheduler.ts': scheduler('push(report)') })
    await pushed(app, 'report', 'forgotten')
    assert.deepEqual(app.notes, ['report 1'])
    assert.deepEqual(errors(), [])
  })

  test('runs it without hooks where the schedules cannot be read, and says so once', async t => {
    const source = "throw new Error('not in this process')"
    const { app, errors } = world(t, { 'app/scheduler.ts': source })
    await pushed(app, 'report')
    assert.deepEqual(errors(), [])
    for (let run = 0; run < 2; run++)
      assert.equal((await pushed(app, 'report', 'watched')).state, 'completed')
    assert.deepEqual(errors(), ['the schedules cannot be read here; their hooks are not called'])
  })

  test('runs it where there are no schedules at all', async t => {
    const { app, errors } = world(t, {})
    assert.equal((await pushed(app, 'report', 'watched')).state, 'completed')
    assert.deepEqual(errors(), [])
  })
})

suite('the row of a tick whose run the next one waits for', { concurrency: true }, () => {
  const rows = async (app: App): Promise<LedgerRow[]> =>
    (await runtimeOf(app).connection).ticks.ledger({
      name: 'watched',
      from: 0,
      to: app.clock.now(),
      limit: 10,
    })

  test('says how long the run of its job took, retries included', async t => {
    const source = scheduler('push(failing).withoutOverlapping()')
    const { app, clock, boot } = world(t, { 'app/scheduler.ts': source })
    await boot()
    await clock.advance(minute)
    await eventually(async () => {
      await clock.advance(1_000)
      const [row] = await rows(app)
      assert.equal(row?.fate, 'fired')
      assert.ok((row.durationMs ?? 0) >= 5_000, `${row.durationMs}`)
    })
  })

  test('says nothing of it when none waits', async t => {
    const { app, clock, boot } = world(t, { 'app/scheduler.ts': scheduler('push(report)') })
    await boot()
    await clock.advance(minute)
    await eventually(() => assert.equal(app.notes.at(-1), 'success'))
    assert.equal((await rows(app))[0]?.durationMs, null)
  })

  test('is left as it is when the connection does not take it, and the job has completed', async t => {
    const source = scheduler('push(report).withoutOverlapping()')
    const { app, lines } = world(t, { 'app/scheduler.ts': source })
    const { ticks } = await runtimeOf(app).connection
    ticks.endRun = () => Promise.reject(new Error('not now'))
    const tick = tickMetadata({ schedule: 'watched' })
    const prepared = await app.queue.prepare('report', {}, {}, 0, { tick })
    assert.equal(
      (await (await runtimeOf(app).connection).carrier.push(prepared)).state,
      'completed',
    )
    const line = lines.find(({ msg }) => msg === 'how long a run took could not be put on record')
    assert.equal(line?.level, 20)
    assert.equal(app.notes.at(-1), 'success')
  })
})

suite('the end of a process', { concurrency: true }, () => {
  test('waits for the pings that are on their way', async t => {
    const { promise: answer, resolve: letGo } = Promise.withResolvers<void>()
    const { origin, came } = await pingServer(t, response => {
      void answer.then(() => response.end())
    })
    const source = scheduler(`push(report).thenPing('${origin}/done')`)
    const { app } = world(t, { 'app/scheduler.ts': source })
    const tick = tickMetadata({ schedule: 'watched' })
    const prepared = await app.queue.prepare('report', {}, {}, 0, { tick })
    await (await runtimeOf(app).connection).carrier.push(prepared)
    let disposed = false
    const disposing = app.dispose().then(() => {
      disposed = true
    })
    await eventually(() => assert.deepEqual(came, ['GET /done']))
    await new Promise(setImmediate)
    assert.equal(disposed, false)
    letGo()
    await disposing
  })
})

suite('over Redis', () => {
  let server: RedisServer
  before(async () => {
    server = await startRedis()
  })
  after(() => server.stop())

  test('the hooks of a pushed job are called in the worker, those of a skip in the scheduler', async t => {
    const { origin, came } = await pingServer(t)
    const source = scheduler(`
      push(report).when(tick => tick.scheduledFor.getSeconds() % 2 === 0).thenPing('${origin}/done')
    `).replace('every().minute', 'every().second')
    const folder = temporaryApp(t, {
      files: { 'app/jobs/all.ts': jobs, 'app/scheduler.ts': source },
    })
    const open = () => {
      const env = {
        QUEUE_CONNECTION: 'redis',
        REDIS_HOST: server.host,
        REDIS_PORT: String(server.port),
        LOG_CHANNEL: 'null',
      }
      const app = App.make(folder, { env })
      t.after(() => app.dispose())
      return app
    }
    const [firing, working] = [open(), open()]
    const running = await runtimeOf(firing).scheduler
    assert.ok(running)
    const worker = runtimeOf(working).worker()
    await worker.start()
    t.after(() => worker.stop(0))
    await running.start()
    t.after(() => running.stop(0))
    await eventually(() => {
      assert.equal(working.notes.at(3), 'success')
      assert.equal(firing.notes[0], 'skip: condition')
      assert.equal(came[0], 'GET /done')
    })
    assert.match(String(working.notes[0]), /^before watched/)
    assert.deepEqual(working.notes.slice(1, 3), ['report 1', 'after: ok'])
    assert.ok(firing.notes.every(note => note === 'skip: condition'))
  })
})
