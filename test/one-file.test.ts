import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../packages/equipage/test/support/eventually.ts'
import { startRedis } from '../packages/equipage/test/support/redis.ts'
import { temporaryApp } from '../packages/equipage/test/support/temporary-app.ts'
import { processesIn, type Running } from './support/application.ts'

const root = join(import.meta.dirname, '..')
const guide = readFileSync(join(root, 'docs', 'guides', 'getting-started.md'), 'utf8')
const [, section = ''] = guide.split('\n## In a program that you have\n')
const [own = ''] = section.split('\n## ')

/** Every file that the guide writes, by the path in its first line. */
const written = Object.fromEntries(
  Array.from(own.matchAll(/\n```ts\n\/\/ (\S+)\n(.*?)\n```\n/gs), ([, path = '', source = '']) => [
    path,
    source,
  ]),
)
const named = JSON.parse(/\n```json\n(.*?)\n```\n/s.exec(own)?.[1] ?? '')
const manifest = JSON.stringify({ name: 'program', type: 'module', ...named })

interface Program {
  readonly folder: string
  start(command: readonly string[], env?: Record<string, string>): Running
  command(...args: string[]): Promise<string>
}

function program(t: TestContext, files: Record<string, string> = {}): Program {
  const folder = temporaryApp(t, { files: { 'package.json': manifest, ...written, ...files } })
  const { start } = processesIn(t, folder)
  return {
    folder,
    start,
    async command(...args) {
      const running = start(['node_modules/equipage/bin/equipage.js', ...args], {
        LOG_CHANNEL: 'null',
      })
      assert.equal(await running.ended, 0, running.output())
      return running.output()
    },
  }
}

suite('the program of the guide, with one file for the framework', { concurrency: 3 }, () => {
  test('is written in files that compile', { timeout: 120_000 }, async t => {
    assert.deepEqual(Object.keys(written).sort(), [
      'src/background.ts',
      'src/beside.ts',
      'src/main.ts',
      'src/scheduler.ts',
      'src/worker.ts',
      'test/welcome.test.ts',
    ])
    const settings = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { declaration: true, typeRoots: [join(root, 'node_modules', '@types')] },
      // What is beside the framework's sources declares modules that they import.
      include: ['src', 'test', join(root, 'packages', 'equipage', 'src')],
    }
    const wrong = `
      import { App, welcome } from './background.ts'
      const app = App.make()
      // @ts-expect-error a welcome goes to an address
      await app.queue.push(welcome, { email: 7 })
    `
    // What a program exports is named in its declarations by what the package exports.
    const exported = `
      import { Equipage, runtimeOf } from 'equipage'
      import { defineConfig, format } from 'equipage/config'
      import { fakeQueue } from 'equipage/testing'
      import { App } from './background.ts'
      const open = { doc: 'Open?', format: format.bool(), default: true }
      export const config = defineConfig({ shop: { open } })
      export class Shop extends Equipage<typeof config> {
        static override config = config
        get till() {
          return this.service('till', () => ({ sell: (price: number) => price }))
        }
      }
      export const runtime = runtimeOf(App.make())
      export const { worker, connection, scheduler } = runtime
      export const queue = fakeQueue(Shop.make())
    `
    const { folder } = program(t, {
      'src/exported.ts': exported,
      'tsconfig.json': JSON.stringify(settings),
      'src/wrong.ts': wrong,
    })
    const tsc = join(root, 'node_modules', '.bin', 'tsc')
    const { stdout } = await promisify(execFile)(tsc, ['-p', folder]).catch(error => error)
    const own = stdout.split('\n').filter((line: string) => line.includes(basename(folder)))
    assert.deepEqual(own, [])
  })

  test('runs a pushed job inline, as its first line says', async t => {
    const running = program(t).start(['src/main.ts'], { LOG_CHANNEL: 'null' })
    assert.equal(await running.ended, 0, running.output())
    assert.equal(running.output().trim(), 'completed')
  })

  test('runs jobs and schedules beside its other work', async t => {
    const running = program(t).start(['src/beside.ts'], { LOG_CHANNEL: 'null' })
    assert.equal(await running.ended, 0, running.output())
    assert.equal(running.output().trim(), "[ 'every Monday at 08:00' ]")
  })

  test('has tests that pass', async t => {
    const running = program(t).start(['--test', '--test-reporter=tap'])
    assert.equal(await running.ended, 0, running.output())
    assert.match(running.output(), /\n# pass 1\n# fail 0\n/)
  })

  test('has commands that find it, and say what it has', async t => {
    const { command } = program(t)
    assert.match(await command('schedule', 'list'), /digest +every Monday at 08:00/)
    assert.match(
      await command('queue', 'push', 'welcome', '{"email": "a@b.example"}'),
      /^welcome \S+: completed/,
    )
  })

  test('has a worker and a scheduler over Redis', async t => {
    const redis = await startRedis()
    t.after(() => redis.stop())
    const { start } = program(t)
    const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redis.port), LOG_FORMAT: 'json' }
    const pushed = start(['src/main.ts'], { ...env, LOG_CHANNEL: 'null' })
    assert.equal(await pushed.ended, 0, pushed.output())
    assert.equal(pushed.output().trim(), 'waiting')
    const worker = start(['src/worker.ts'], env)
    const scheduler = start(['src/scheduler.ts'], env)
    await worker.said(/"to":"ada@example.com","msg":"welcome"/)
    await scheduler.said(/"schedules":1,"msg":"scheduler started"/)
    for (const running of [worker, scheduler]) {
      running.signal('SIGTERM')
      assert.equal(await running.ended, 0, running.output())
    }
  })
})

suite('an application in one file', { concurrency: 3 }, () => {
  const background = `
    import { defineChain, defineGroup, defineJob, defineQueue, Equipage } from 'equipage'
    const reports = defineQueue({ name: 'reports', concurrency: 5 })
    const inner = defineJob({ name: 'inner', queue: reports, run: () => 1 })
    const chain = defineChain({ name: 'chain', start: inner }).andThen(inner, () => ({}))
    const group = defineGroup({ name: 'group' }).with('one', inner, () => ({})).andThen(inner, () => ({}))
    const apart = defineJob({
      name: 'apart',
      isolate: true,
      run: ({ app }) => [process.pid, app.constructor.name, app.basePath],
    })
    export class App extends Equipage {
      static override get jobs() {
        return [chain, group, apart, defineQueue({ name: 'empty' })]
      }
    }
  `
  const files = {
    'src/background.ts': background,
    'app/jobs/found.ts': `
      import { defineJob } from 'equipage'
      export const found = defineJob({ name: 'found', run: () => 'found' })
    `,
  }

  test('has the jobs, chains, groups and queues that it names, and those of its files', async t => {
    const { command } = program(t, files)
    const rows = JSON.parse(await command('queue', 'stats', '--json'))
    assert.deepEqual(
      rows.map(({ queue }: { queue: string }) => queue),
      ['default', 'empty', 'reports'],
    )
    for (const name of ['found', 'inner', 'chain', 'group']) {
      assert.match(await command('queue', 'push', name), new RegExp(`^${name} \\S+: completed`))
    }
  })

  test('has isolated jobs, which run in a process that finds it by its package.json', async t => {
    const { command, folder } = program(t, files)
    const { state, result } = JSON.parse(await command('queue', 'push', 'apart', '--json'))
    assert.equal(state, 'completed')
    assert.deepEqual(result.slice(1), ['App', folder])
    await eventually(() => assert.throws(() => process.kill(result[0], 0), { code: 'ESRCH' }))
  })
})
