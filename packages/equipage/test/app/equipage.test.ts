import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { Equipage } from '../../src/app/index.ts'
import { defineConfig, format } from '../../src/config/index.ts'
import { processName } from '../../src/core/process-name.ts'
import type { JobMiddleware } from '../../src/job/index.ts'
import { capturedLog } from '../support/captured-log.ts'
import { StubClock } from '../support/stub-clock.ts'
import { temporaryApp } from '../support/temporary-app.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const config = defineConfig({
  shop: { motto: { doc: 'Said.', format: format.text(), default: 'buy', env: 'SHOP_MOTTO' } },
})

class App extends Equipage<typeof config> {
  static override config = config
  disposed = 0

  get motto(): { text: string } {
    const dispose = () => this.disposed++
    return this.service('motto', () => ({ text: this.config.get('shop.motto') }), dispose)
  }
}

const jobs = `
  import { defineJob } from 'equipage'
  import { sql } from 'kysely'
  export const count = defineJob({
    name: 'count',
    run: async ({ app, log }) => {
      log.info('counting')
      const { rows } = await sql\`select count(*) as books from books\`.execute(app.database.kysely)
      return { books: rows[0].books, now: app.clock.now() }
    },
  })
`
const migration = `
  import { sql } from 'kysely'
  export const up = db => sql\`create table books (id integer)\`.execute(db)
`

function make(
  t: TestContext,
  files: Record<string, string> = {},
  env: Record<string, string> = {},
) {
  const folder = temporaryApp(t, { files })
  const app = App.make(folder, { env: { LOG_CHANNEL: 'null', ...env } })
  t.after(() => app.dispose())
  return { app, folder }
}

describe('the container', () => {
  it('reads the configuration of its folder, and opens nothing before it is asked', async t => {
    const { app, folder } = make(t, { '.env': 'SHOP_MOTTO=sell\nAPP_ENV=testing' })
    assert.equal(app.basePath, folder)
    assert.equal(app.config.get('shop.motto'), 'sell')
    assert.equal(app.settings.get('app.env'), 'testing')
    void [app.log, app.queue, app.database, await app.connection]
    assert.equal(existsSync(join(folder, 'storage')), false)
  })

  it('is refused with every fault of its configuration', t => {
    assert.throws(() => make(t, {}, { REDIS_PORT: 'x', LOG_LEVEL: 'loud' }), {
      code: 'E_CONFIG',
      message: /has 2 faults.*LOG_LEVEL.*REDIS_PORT/s,
    })
  })

  it('is refused without a configuration, with the line to write', t => {
    class Bare extends Equipage {}
    assert.throws(() => Bare.make(temporaryFolder(t)), {
      code: 'E_NO_CONFIG',
      message: /^Bare has no configuration; write `static override config = config` in it/,
    })
  })

  it("makes an application's service once, and disposes of it at the end", async t => {
    const { app } = make(t)
    assert.equal(app.motto, app.motto)
    assert.equal(app.motto.text, 'buy')
    await app.dispose()
    await app.dispose()
    assert.equal(app.disposed, 1)
  })

  it('is let go of at the end of its block', async t => {
    const app = App.make(temporaryFolder(t), { env: {} })
    {
      await using block = app
      void block.motto
    }
    assert.equal(app.disposed, 1)
  })

  it('takes another service in the place of its own, before it is used', async t => {
    const { app } = make(t)
    app.replace('clock', new StubClock('2001-01-01T00:00:00Z'))
    app.replace('motto', { text: 'give' })
    assert.equal(app.clock.now(), Date.parse('2001-01-01T00:00:00Z'))
    assert.equal(app.motto.text, 'give')
    void app.random
    assert.throws(() => app.replace('random', () => 0), { code: 'E_SERVICE_IN_USE' })
  })

  it('makes its folders where they are told, relative to the application', async t => {
    const { app, folder } = make(t, {}, { DB_DATABASE: 'data/own.sqlite' })
    await sql`create table t (id integer)`.execute(app.database.kysely)
    assert.equal(existsSync(join(folder, 'data', 'own.sqlite')), true)
  })

  it('knows its grace period in milliseconds', t => {
    assert.equal(make(t, {}, { WORKER_GRACE: '1m30s' }).app.graceMs, 90_000)
  })
})

describe('an application', () => {
  it('runs a pushed job inline, over its tables, with itself as `app`', async t => {
    const files = { 'app/jobs/count.ts': jobs, 'app/migrations/1-books.ts': migration }
    const { app } = make(t, files)
    app.replace('clock', new StubClock('2001-01-01T00:00:00Z'))
    const receipt = await app.queue.push((await app.jobs).resolve('count'))
    assert.equal(receipt.state, 'completed')
    assert.deepEqual(receipt.result, { books: 0, now: 978_307_200_000 })
    assert.equal(app.attemptsEnded, 1)
  })

  it('brings its tables up to date once, and again when that failed', async t => {
    const { app, folder } = make(t, { 'app/migrations/1-books.ts': migration })
    await sql`create table books (id integer)`.execute(app.database.kysely)
    await assert.rejects(app.ready(), { code: 'E_MIGRATION', message: /"1-books" of "app"/ })
    await sql`drop table books`.execute(app.database.kysely)
    await Promise.all([app.ready(), app.ready()])
    await app.ready()
    assert.equal(existsSync(join(folder, 'storage', 'database.sqlite')), true)
  })

  it('without migrations opens no database to be ready', async t => {
    const { app, folder } = make(t)
    await app.ready()
    assert.equal(existsSync(join(folder, 'storage')), false)
  })

  it('has a scheduler when there is an app/scheduler.ts', async t => {
    const source = `
      import { EquipageScheduler } from 'equipage'
      export class Scheduler extends EquipageScheduler {
        register() {
          this.schedule.every().hour.name(this.config.get('shop.motto')).do(() => {})
        }
      }
    `
    const { app } = make(t, { 'app/scheduler.ts': source }, { SCHEDULER_TIMEZONE: 'Asia/Tokyo' })
    const [schedule] = (await app.scheduler)?.timetable.schedules ?? []
    assert.deepEqual([schedule?.name, schedule?.zone], ['buy', 'Asia/Tokyo'])
    assert.equal(await make(t).app.scheduler, undefined)
  })

  it('has workers of the queues that are configured, unless it is told others', async t => {
    const queues = { WORKER_QUEUES: 'nobody' }
    const { app } = make(t, { 'app/jobs/count.ts': jobs }, queues)
    await assert.rejects(app.worker().start(), { code: 'E_UNKNOWN_QUEUE', message: /'nobody'/ })
    const worker = app.worker({ queues: ['default'] })
    await worker.start()
    await worker.stop(0)
  })
})

describe('the middleware and the events of an application', () => {
  const files = {
    'app/jobs/shout.ts': `
      import { defineJob } from 'equipage'
      export const shout = defineJob({
        name: 'shout',
        middleware: [async (context, next) => 'job ' + (await next())],
        run: () => 'run',
      })
      export const large = defineJob({
        name: 'large',
        payload: { '~standard': { version: 1, vendor: 'own', validate: value => ({ value }) } },
        run: () => 1,
      })`,
  }

  class Loud extends App {
    readonly asked: string[] = []

    override get middleware(): readonly JobMiddleware[] {
      this.asked.push('middleware')
      return [async (_, next) => `${this.motto.text} ${await next()}`]
    }
  }

  function loud(t: TestContext, env: Record<string, string> = {}) {
    const app = Loud.make(temporaryApp(t, { files }), { env: { LOG_CHANNEL: 'null', ...env } })
    t.after(() => app.dispose())
    return app
  }

  it('stand around its jobs, with its services, and tell of them', async t => {
    const app = loud(t)
    const heard: string[] = []
    const off = app.events.on('job:completed', ({ name, result }) =>
      heard.push(`${name} ${result}`),
    )
    app.events.on('job:pushed', ({ name }) => heard.push(`pushed ${name}`))
    const job = (await app.jobs).resolve('shout')
    const receipt = await app.queue.push(job)
    assert.equal(receipt.result, 'buy job run')
    off()
    await app.queue.push(job)
    assert.deepEqual(heard, ['shout buy job run', 'pushed shout', 'pushed shout'])
  })

  it('tell of its worker too, also through channels', async t => {
    const app = loud(t)
    const heard: string[] = []
    const note = (event: unknown) => heard.push(`channel ${(event as { process: string }).process}`)
    app.events.on('worker:started', ({ process }) => heard.push(`listener ${process}`))
    subscribe('equipage:worker:started', note)
    const worker = app.worker()
    await worker.start()
    unsubscribe('equipage:worker:started', note)
    await worker.stop(0)
    assert.deepEqual(heard, [`listener ${processName()}`, `channel ${processName()}`])
  })

  it('log the error of a listener', async t => {
    const app = loud(t)
    const { log, lines } = capturedLog()
    app.replace('log', { logger: log, close: () => undefined })
    app.events.on('job:started', () => assert.fail('a typo'))
    const receipt = await app.queue.push((await app.jobs).resolve('shout'))
    assert.equal(receipt.state, 'completed')
    const line = lines.find(({ msg }) => msg === 'a listener of an event failed')
    assert.equal(line?.['event'], 'job:started')
    assert.match(JSON.stringify(line?.['err']), /a typo/)
  })

  it('have a limit to what a payload may take', async t => {
    const app = loud(t, { QUEUE_PAYLOAD_LIMIT: '1KB' })
    const job = (await app.jobs).resolve('large')
    const push = (length: number) => app.queue.push(job, { text: 'x'.repeat(length) })
    assert.equal((await push(980)).state, 'completed')
    await assert.rejects(push(1_000), { code: 'E_PAYLOAD_SIZE' })
  })
})
