import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { shop } from './support/shop.ts'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'equipage.js')

interface Ended {
  code: unknown
  stdout: string
  stderr: string
}

/** Runs the command as a process, in a folder and with this test's own environment. */
function equipage(cwd: string, ...args: string[]): Promise<Ended> {
  const env = { PATH: process.env['PATH'] }
  return new Promise(resolve => {
    execFile(process.execPath, [bin, ...args], { cwd, env }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    )
  })
}

describe('the command equipage', { concurrency: true }, () => {
  it('explains itself', async t => {
    const { code, stdout } = await equipage(temporaryFolder(t), '--help')
    assert.equal(code, 0)
    for (const word of ['schedule', 'queue', 'config', 'health', '--app'])
      assert.ok(stdout.includes(word), word)
  })

  it('works on the application around the folder that it is called in', async t => {
    const folder = shop(t)
    const { code, stdout, stderr } = await equipage(join(folder, 'app', 'jobs'), 'schedule', 'list')
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^nightly +every day at 03:00/m)
  })

  it('works on the application that is named, from anywhere, with its folder as its base', async t => {
    const folder = shop(t)
    const elsewhere = temporaryFolder(t)
    for (const app of [folder, join(folder, 'app', 'index.ts')]) {
      const { code, stdout } = await equipage(elsewhere, '--app', app, 'queue', 'push', 'failing')
      assert.equal(code, 1)
      assert.match(stdout, /failed \(out of paper\)/)
    }
  })

  it('keeps its answer apart from the log: JSON on standard output stays JSON', async t => {
    const folder = shop(t, { '.env': 'LOG_LEVEL=debug\n' })
    const args = ['queue', 'push', 'report', '{"id": 7}', '--json']
    const { code, stdout, stderr } = await equipage(folder, ...args)
    assert.equal(code, 0)
    assert.deepEqual(JSON.parse(stdout).result, { id: 7 })
    assert.match(stderr, /"msg":"job completed"/)
  })

  it('ends with 78 and one message when the configuration is faulty', async t => {
    const folder = shop(t, { '.env': 'REDIS_PORT=http\nQUEUE_CONNECTION=kafka\n' })
    const { code, stdout, stderr } = await equipage(folder, 'health')
    assert.deepEqual([code, stdout], [78, ''])
    assert.equal(
      stderr,
      [
        'E_CONFIG: the configuration has 2 faults; nothing was started:',
        "  QUEUE_CONNECTION in .env: expected one of sync, redis, got 'kafka'",
        "  REDIS_PORT in .env: expected a whole number from 1 to 65535, got 'http'",
        '',
      ].join('\n'),
    )
  })

  it('ends with 78 where there is no application', async t => {
    const { code, stderr } = await equipage(temporaryFolder(t), 'health')
    assert.equal(code, 78)
    assert.match(stderr, /^E_NO_APP: no application at /)
  })

  it('ends with 78 when two jobs have the same name', async t => {
    const job = `
      import { defineJob } from 'equipage'
      export const again = defineJob({ name: 'report', run: () => null })
    `
    const { code, stderr } = await equipage(shop(t, { 'app/jobs/b.ts': job }), 'queue', 'stats')
    assert.equal(code, 78)
    assert.match(
      stderr,
      /^E_DUPLICATE_JOB: two definitions are named "report": app\/jobs\/all\.ts and/,
    )
  })

  it('ends with 1 when the connection is away', async t => {
    const folder = shop(t, { '.env': 'QUEUE_CONNECTION=redis\nREDIS_PORT=1\n' })
    const { code, stderr } = await equipage(folder, 'health')
    assert.equal(code, 1)
    assert.match(stderr, /^E_CONNECTION_AWAY: /)
  })

  it('suggests the command that was meant', async t => {
    const { code, stderr } = await equipage(shop(t), 'shedule', 'list')
    assert.equal(code, 1)
    assert.match(stderr, /Did you mean schedule\?/)
  })
})
