import assert from 'node:assert/strict'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { inspect } from 'node:util'
import { sql } from 'kysely'
import { Equipage, runtimeOf } from '../../src/app/index.ts'
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
    assert.equal(app.config.get('app.env'), 'testing')
    void [app.log, app.queue, app.database, await runtimeOf(app).connection]
    assert.equal(existsSync(join(folder, 'storage')), false)
  })

  it('is refused with every fault of its configuration', t => {
    assert.throws(() => make(t, {}, { REDIS_PORT: 'x', LOG_LEVEL: 'loud' }), {
      code: 'E_CONFIG',
      message: /has 2 faults.*LOG_LEVEL.*REDIS_PORT/s,
    })
  })

  it("has the framework's settings with their defaults where it names none", async t => {
    class Bare extends Equipage {}
    const app = Bare.make(temporaryFolder(t), { env: { APP_NAME: 'bare' } })
    t.after(() => app.dispose())
    assert.equal(app.config.get('queue.connection'), 'sync')
    assert.equal(app.config.get('app.name'), 'bare')
    assert.deepEqual((await runtimeOf(app).jobs).names(), [])
    assert.equal(await runtimeOf(app).scheduler, undefined)
  })

  for (const config of [undefined, null, {}, { shop: {} }, 'config']) {
    it(`is refused with ${inspect(config)} for a configuration, and the message says what makes one`, t => {
      class Wrong extends Equipage {
        static override config = config as never
      }
      assert.throws(() => Wrong.make(temporaryFolder(t)), {
        code: 'E_BAD_OPTION',
        message: `Wrong, static config: expected what defineConfig({ ... }) gives, got ${inspect(config)}`,
      })
    })
  }

  it("makes an application's service once, and disposes of it at the end", async t => {
    const { app } = make(t)
    assert.equal(app.motto, app.motto)
    assert.equal(app.motto.text, 'buy')
    await app.dispose()
    await app.dispose()
    assert.equal(app.disposed, 1)
  })

  it('is disposed of at the end of its block', async t => {
    const app = App.make(temporaryFolder(t), { env: {} })
    {
      await using block = app
      void block.motto
    }
    assert.equal(app.disposed, 1)
  })

  it('has names for services of its own, and leaves every name to the application', async t => {
    const taken = ['jobs', 'queue', 'connection', 'events', 'scheduler', 'log', 'clock', 'random']
    class Busy extends App {
      take = () => taken.map(name => this.service(name, () => `own ${name}`))
      get jobs() {
        return 'own jobs'
      }
      get worker() {
        return 'own worker'
      }
    }
    const folder = temporaryApp(t, {
      files: { 'app/jobs/count.ts': jobs, 'app/migrations/1.ts': migration },
    })
    const app = Busy.make(folder, { env: { LOG_CHANNEL: 'null' } })
    t.after(() => app.dispose())
    assert.deepEqual(
      app.take(),
      taken.map(name => `own ${name}`),
    )
    const runtime = runtimeOf(app)
    const receipt = await app.queue.push((await runtime.jobs).resolve('count'))
    assert.equal(receipt.state, 'completed')
    const worker = runtime.worker()
    await worker.start()
    await worker.stop(0)
    assert.equal(await runtime.scheduler, undefined)
  })

  it('is given members by its runtime for nothing but what applications use', () => {
    const members = Object.getOwnPropertyNames(Equipage.prototype)
    assert.deepEqual(members.sort(), [
      'basePath',
      'clock',
      'config',
      'constructor',
      'database',
      'dispose',
      'events',
      'log',
      'middleware',
      'queue',
      'random',
      'ready',
      'replace',
      'service',
    ])
  })

  it('has a runtime, and nothing else has', t => {
    const { app } = make(t)
    assert.equal(runtimeOf(app), runtimeOf(app))
    for (const other of [{}, undefined, Equipage.prototype.constructor]) {
      assert.throws(() => runtimeOf(other as never), {
        code: 'E_NOT_AN_APP',
        message:
          /^expected an application, got .*; give an object of a class that extends Equipage/,
      })
    }
  })
})

describe('a service of the container', () => {
  class Bakery extends App {
    /** Its getter has another name than its service. */
    get oven() {
      return this.service('furnace', () => ({ hot: true }))
    }

    get loaves() {
      return this.service('loaves', () => ({ count: this.oven.hot ? 2 : 0 }))
    }

    get recipe() {
      return join(this.basePath, 'recipe.md')
    }
  }

  function bakery(t: TestContext) {
    const app = Bakery.make(temporaryFolder(t), { env: { LOG_CHANNEL: 'null' } })
    t.after(() => app.dispose())
    return app
  }

  it('can be replaced before it is used: one of the framework, or any that the application adds', t => {
    const app = bakery(t)
    app.replace('clock', new StubClock('2001-01-01T00:00:00Z'))
    app.replace('oven', { hot: false })
    app.replace('oven', { hot: false })
    app.replace('motto', { text: 'give' })
    app.replace('recipe', '/tmp/recipe.md')
    assert.equal(app.clock.now(), Date.parse('2001-01-01T00:00:00Z'))
    assert.equal(runtimeOf(app).clock, app.clock)
    assert.equal(app.loaves.count, 0)
    assert.deepEqual([app.motto.text, app.recipe], ['give', '/tmp/recipe.md'])
  })

  it('belongs to whoever replaced it: it is not disposed of', async t => {
    const app = bakery(t)
    app.replace('motto', {
      text: 'give',
      [Symbol.dispose]: () => assert.fail('it was disposed of'),
    } as never)
    void app.motto
    await app.dispose()
    assert.equal(app.disposed, 0)
  })

  it('cannot be replaced when it has been used', t => {
    const app = bakery(t)
    void [app.random, app.loaves]
    assert.throws(() => app.replace('random', () => 0), { code: 'E_SERVICE_IN_USE' })
    assert.throws(() => app.replace('loaves', { count: 1 }), {
      code: 'E_SERVICE_IN_USE',
      message: 'service "loaves" has been made already; replace it before anything uses it',
    })
    assert.equal(app.loaves.count, 2)
  })

  it('that there is not cannot be replaced, and the message says which was meant', t => {
    const app = bakery(t)
    const replace = (name: string) => () => app.replace(name as 'clock', {} as never)
    for (const [name, advice] of [
      ['clokc', 'did you mean "clock"?'],
      ['loafs', 'did you mean "loaves"?'],
      ['furnace', 'use the name of a getter of Bakery, or of one of the framework'],
      ['ready', 'use the name of a getter'],
      ['config', 'use the name of a getter'],
      ['toString', 'use the name of a getter'],
    ] as const) {
      assert.throws(replace(name), {
        code: 'E_UNKNOWN_SERVICE',
        message: new RegExp(
          `^Bakery has no service '${name}' to replace; ${advice}`.replace('?', '\\?'),
        ),
      })
    }
  })
})

describe('the folders of an application', () => {
  it('are made where the settings say, relative to the application', async t => {
    const { app, folder } = make(t, {}, { DB_DATABASE: 'data/own.sqlite' })
    await sql`create table t (id integer)`.execute(app.database.kysely)
    assert.equal(existsSync(join(folder, 'data', 'own.sqlite')), true)
  })
})

describe('the grace period of an application', () => {
  it('is known in milliseconds', t => {
    assert.equal(runtimeOf(make(t, {}, { WORKER_GRACE: '1m30s' }).app).graceMs, 90_000)
  })
})

describe('an application', () => {
  it('runs a pushed job inline, over its tables, with itself as `app`', async t => {
    const files = { 'app/jobs/count.ts': jobs, 'app/migrations/1-books.ts': migration }
    const { app } = make(t, files)
    app.replace('clock', new StubClock('2001-01-01T00:00:00Z'))
    const receipt = await app.queue.push((await runtimeOf(app).jobs).resolve('count'))
    assert.equal(receipt.state, 'completed')
    assert.deepEqual(receipt.result, { books: 0, now: 978_307_200_000 })
    assert.equal(runtimeOf(app).attemptsEnded, 1)
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
    const [schedule] = (await runtimeOf(app).scheduler)?.timetable.schedules ?? []
    assert.deepEqual([schedule?.name, schedule?.zone], ['buy', 'Asia/Tokyo'])
    assert.equal(await runtimeOf(make(t).app).scheduler, undefined)
  })

  it('has workers of the queues that are configured, unless others are given', async t => {
    const queues = { WORKER_QUEUES: 'nobody' }
    const { app } = make(t, { 'app/jobs/count.ts': jobs }, queues)
    await assert.rejects(runtimeOf(app).worker().start(), {
      code: 'E_UNKNOWN_QUEUE',
      message: /'nobody'/,
    })
    const worker = runtimeOf(app).worker({ queues: ['default'] })
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

  it('run around its jobs, with its services, and are emitted for them', async t => {
    const app = loud(t)
    const heard: string[] = []
    const off = app.events.on('job:completed', ({ name, result }) =>
      heard.push(`${name} ${result}`),
    )
    app.events.on('job:pushed', ({ name }) => heard.push(`pushed ${name}`))
    const job = (await runtimeOf(app).jobs).resolve('shout')
    const receipt = await app.queue.push(job)
    assert.equal(receipt.result, 'buy job run')
    off()
    await app.queue.push(job)
    assert.deepEqual(heard, ['shout buy job run', 'pushed shout', 'pushed shout'])
  })

  it('are emitted for its worker too, also through channels', async t => {
    const app = loud(t)
    const heard: string[] = []
    const note = (event: unknown) => heard.push(`channel ${(event as { process: string }).process}`)
    app.events.on('worker:started', ({ process }) => heard.push(`listener ${process}`))
    subscribe('equipage:worker:started', note)
    const worker = runtimeOf(app).worker()
    await worker.start()
    unsubscribe('equipage:worker:started', note)
    await worker.stop(0)
    assert.deepEqual(heard, [`listener ${processName()}`, `channel ${processName()}`])
  })

  it('log the error of a listener', async t => {
    const app = loud(t)
    const { log, lines } = capturedLog()
    app.replace('log', log)
    app.events.on('job:started', () => assert.fail('a typo'))
    const receipt = await app.queue.push((await runtimeOf(app).jobs).resolve('shout'))
    assert.equal(receipt.state, 'completed')
    const line = lines.find(({ msg }) => msg === 'a listener of an event failed')
    assert.equal(line?.['event'], 'job:started')
    assert.match(JSON.stringify(line?.['err']), /a typo/)
  })

  it('have a limit to what a payload may take', async t => {
    const app = loud(t, { QUEUE_PAYLOAD_LIMIT: '1KB' })
    const job = (await runtimeOf(app).jobs).resolve('large')
    const push = (length: number) => app.queue.push(job, { text: 'x'.repeat(length) })
    assert.equal((await push(980)).state, 'completed')
    await assert.rejects(push(1_000), { code: 'E_PAYLOAD_SIZE' })
  })
})
