import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { type Equipage, runtimeOf } from '../../src/app/index.ts'
import { eventually } from '../support/eventually.ts'
import { lives } from '../support/lives.ts'
import { temporaryApp } from '../support/temporary-app.ts'

const app = `
  import { writeFileSync } from 'node:fs'
  import { join } from 'node:path'
  import { Equipage } from 'equipage'
  import { defineConfig } from 'equipage/config'
  export class App extends Equipage {
    static override config = defineConfig({})
    get pool() {
      const close = () => writeFileSync(join(this.basePath, 'closed-' + process.pid), '')
      return this.service('pool', () => ({ name: 'pool' }), close)
    }
  }
  export const createApp = (basePath?: string, options?: object) => App.make(basePath, options)
`
const jobs = `
  import { defineJob } from 'equipage'
  import { z } from 'zod'
  export const inner = defineJob({ name: 'inner', isolate: true, run: () => process.pid })
  export const which = defineJob({
    name: 'which',
    isolate: true,
    run: ({ app, log }) => {
      log.info('here')
      return { pid: process.pid, name: app.config.get('app.name'), pool: app.pool.name }
    },
  })
  export const outer = defineJob({
    name: 'outer',
    isolate: true,
    async run({ push }) {
      const { result } = await push(inner)
      return [process.pid, result]
    },
  })
`
const program = `
  import { createApp } from './app/index.ts'
  import { which } from './app/jobs/all.ts'
  const { result } = await createApp(import.meta.dirname).queue.push(which)
  console.log(result.pid)
`

async function made(t: TestContext): Promise<Equipage> {
  const files = { 'app/index.ts': app, 'app/jobs/all.ts': jobs }
  const folder = temporaryApp(t, { files })
  const { createApp } = await import(pathToFileURL(join(folder, 'app', 'index.ts')).href)
  return createApp(folder, { env: { APP_NAME: 'Shop', LOG_CHANNEL: 'null' } })
}

suite('isolated jobs of an application', { concurrency: true }, () => {
  test('run in a process that has the application’s folder and variables, and ends with it', async t => {
    const app = await made(t)
    const { result } = await app.queue.push((await runtimeOf(app).jobs).resolve('which'))
    const { pid, name, pool } = result as { pid: number; name: string; pool: string }
    assert.notEqual(pid, process.pid)
    assert.deepEqual([name, pool], ['Shop', 'pool'])
    await app.dispose()
    assert.ok(existsSync(join(app.basePath, `closed-${pid}`)))
  })

  test('may push isolated jobs and wait for them, each in its own process', async t => {
    const app = await made(t)
    const { result } = await app.queue.push((await runtimeOf(app).jobs).resolve('outer'))
    assert.equal(new Set([process.pid, ...(result as number[])]).size, 3)
    await app.dispose()
  })

  test('do not keep a program alive that has nothing more to do', async t => {
    const files = { 'app/index.ts': app, 'app/jobs/all.ts': jobs, 'main.ts': program }
    const folder = temporaryApp(t, { files })
    const env = { LOG_CHANNEL: 'null' }
    const { stdout } = await promisify(execFile)(process.execPath, ['main.ts'], {
      cwd: folder,
      env,
    })
    // It ends by itself, after the program.
    await eventually(() => assert.equal(lives(Number(stdout)), false))
    assert.ok(existsSync(join(folder, `closed-${stdout.trim()}`)))
  })

  test('write their log beside the answer of a command, not into it', async t => {
    const folder = temporaryApp(t, { files: { 'app/index.ts': app, 'app/jobs/all.ts': jobs } })
    const command = join('node_modules', 'equipage', 'bin', 'equipage.js')
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [command, 'queue', 'push', 'which', '--json'],
      { cwd: folder, env: { LOG_FORMAT: 'json' } },
    )
    assert.equal(JSON.parse(stdout).state, 'completed')
    assert.match(stderr, /"msg":"here"/)
  })
})
