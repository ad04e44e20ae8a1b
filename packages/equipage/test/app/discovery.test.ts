import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { discoverJobs, discoverMigrations, discoverScheduler } from '../../src/app/discovery.ts'
import { EquipageScheduler } from '../../src/schedule/index.ts'
import { temporaryApp } from '../support/temporary-app.ts'

const appFolder = (t: TestContext, files: Record<string, string>) =>
  join(temporaryApp(t, { files }), 'app')

const job = (name: string, more = '') => `
  import { defineChain, defineJob } from 'equipage'
  export const job = defineJob({ name: '${name}', queue: 'q-${name}', run: () => null })
  ${more}
`

describe('the jobs of an application', () => {
  it('are what the files under app/jobs/ and app/batches/ export, however deep', async t => {
    const folder = appFolder(t, {
      'app/jobs/one.ts': job('one', 'export const text = "no job"; export const nothing = null'),
      'app/jobs/deep/down/two.js': job('two', 'export default job'),
      'app/batches/three.mts': job('three'),
    })
    assert.deepEqual((await discoverJobs(folder)).names(), ['one', 'three', 'two'])
  })

  it('are not looked for in tests, declarations and other files', async t => {
    const folder = appFolder(t, {
      'app/jobs/one.ts': job('one'),
      'app/jobs/one.test.ts': 'throw new Error("loaded")',
      'app/jobs/two.spec.js': 'throw new Error("loaded")',
      'app/jobs/types.d.ts': 'throw new Error("loaded")',
      'app/jobs/readme.md': 'no code',
      'app/services/other.ts': 'throw new Error("loaded")',
    })
    assert.deepEqual((await discoverJobs(folder)).names(), ['one'])
  })

  it('are found through a chain too, when they are not exported themselves', async t => {
    const chain = `
      const hidden = defineJob({ name: 'hidden', run: () => null })
      export const chain = defineChain({ name: 'chain', start: job }).andThen(hidden, () => ({}))
    `
    const folder = appFolder(t, { 'app/jobs/one.ts': job('one', chain) })
    const registry = await discoverJobs(folder)
    assert.deepEqual(registry.names(), ['chain', 'hidden', 'one'])
    assert.equal(registry.job('hidden')?.name, 'hidden')
    assert.deepEqual(registry.queues(), ['default', 'q-one'])
  })

  it('are found through a group too', async t => {
    const group = `
      import { defineGroup } from 'equipage'
      const [member, last] = ['member', 'last'].map(name => defineJob({ name, run: () => null }))
      export const group = defineGroup({ name: 'group' })
        .with('one', member, () => ({}))
        .andThen(last, () => ({}))
    `
    const folder = appFolder(t, { 'app/jobs/one.ts': job('one', group) })
    const registry = await discoverJobs(folder)
    assert.deepEqual(registry.names(), ['group', 'last', 'member', 'one'])
    assert.equal(registry.group('group')?.finally?.job.name, 'last')
  })

  it('bring the queues that are defined, also those that no job names', async t => {
    const queues = `
      import { defineQueue } from 'equipage'
      export const api = defineQueue({ name: 'api', concurrency: 3 })
    `
    const folder = appFolder(t, { 'app/jobs/queues.ts': queues, 'app/jobs/one.ts': job('one') })
    const registry = await discoverJobs(folder)
    assert.deepEqual(registry.queues(), ['api', 'default', 'q-one'])
    assert.equal(registry.limits('api').concurrency, 3)
  })

  it('may be exported from two files, when they are the same', async t => {
    const folder = appFolder(t, {
      'app/jobs/index.ts': `export * from './one.ts'`,
      'app/jobs/one.ts': job('one'),
    })
    assert.deepEqual((await discoverJobs(folder)).names(), ['one'])
  })

  it('are none in an application without such a folder', async t => {
    assert.deepEqual((await discoverJobs(appFolder(t, {}))).names(), [])
  })

  it('of the same name are refused, with both files', async t => {
    const folder = appFolder(t, { 'app/jobs/a.ts': job('same'), 'app/jobs/b.ts': job('same') })
    await assert.rejects(discoverJobs(folder), {
      code: 'E_DUPLICATE_JOB',
      message: `two definitions are named "same": ${join('app', 'jobs', 'a.ts')} and ${join('app', 'jobs', 'b.ts')}; rename one of them`,
    })
  })

  for (const [what, source, reason] of [
    ['does not parse', 'export const = 1', ''],
    ['throws', 'throw new Error("out of order")', 'out of order'],
    ['throws a text', 'throw "out of order"', "'out of order' was thrown"],
    ['imports what is not there', 'import "./missing.ts"', 'Cannot find module'],
  ] as const) {
    it(`in a file that ${what} are refused, with the file and the reason`, async t => {
      const folder = appFolder(t, { 'app/jobs/broken.ts': source })
      const file = join(folder, 'jobs', 'broken.ts')
      await assert.rejects(discoverJobs(folder), {
        code: 'E_APP_FILE',
        message: new RegExp(`^${file} cannot be loaded: .*${reason}`),
      })
    })
  }

  it('that are written wrong are refused with what is wrong with them', async t => {
    const folder = appFolder(t, { 'app/jobs/one.ts': job('two words') })
    await assert.rejects(discoverJobs(folder), { code: 'E_BAD_NAME' })
  })
})

describe('the migrations of an application', () => {
  it('are named by their files, in any order of loading', async t => {
    const up = 'export async function up() {}'
    const folder = appFolder(t, {
      'app/migrations/2026-02-b.ts': up,
      'app/migrations/2026-01-a.ts': `${up}\nexport const down = async () => {}`,
    })
    const migrations = await discoverMigrations(folder)
    assert.deepEqual(Object.keys(migrations).sort(), ['2026-01-a', '2026-02-b'])
    assert.equal(typeof migrations['2026-01-a']?.down, 'function')
    assert.equal(migrations['2026-02-b']?.down, undefined)
  })

  it('are none in an application without any', async t => {
    assert.deepEqual(await discoverMigrations(appFolder(t, {})), {})
  })

  it('are refused without a function up', async t => {
    const folder = appFolder(t, { 'app/migrations/1.ts': 'export const up = "up"' })
    await assert.rejects(discoverMigrations(folder), {
      code: 'E_APP_FILE',
      message: /1\.ts cannot be loaded: a migration exports a function up$/,
    })
  })
})

describe('the scheduler of an application', () => {
  it('is the class Scheduler of app/scheduler.ts', async t => {
    const source = `
      import { EquipageScheduler } from 'equipage'
      export class Scheduler extends EquipageScheduler { register() {} }
    `
    const Scheduler = await discoverScheduler(appFolder(t, { 'app/scheduler.ts': source }))
    assert.ok(Scheduler?.prototype instanceof EquipageScheduler)
  })

  it('is none in an application without that file', async t => {
    assert.equal(await discoverScheduler(appFolder(t, {})), undefined)
  })

  for (const source of [
    'export const other = 1',
    'export class Scheduler {}',
    'export const Scheduler = () => {}',
    'export const Scheduler = { prototype: null }',
  ]) {
    it(`is refused when the file says ${source}`, async t => {
      await assert.rejects(discoverScheduler(appFolder(t, { 'app/scheduler.ts': source })), {
        code: 'E_NO_SCHEDULER',
        message:
          /scheduler\.ts .* exports no class Scheduler that extends EquipageScheduler; write one/,
      })
    })
  }
})
