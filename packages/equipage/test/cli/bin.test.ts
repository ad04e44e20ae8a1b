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

  for (const [args, message] of [
    [['next', 'nigtly'], /^E_UNKNOWN_SCHEDULE: .*did you mean "nightly"\?$/m],
    [['next', 'nightly', '-n', '0'], /-n, --count.*'0' is invalid.* from 1 to 10000/],
    [['why', 'nightly', '--limit', '1e3'], /--limit.*'1e3' is invalid/],
    [['why', 'nightly', '--from', 'soon'], /^E_BAD_ARGUMENT: --from: expected an instant/],
    [['pause', 'nightly'], /^E_SCHEDULE_NOT_REGISTERED: .*start the scheduler first/],
  ] as const) {
    it(`ends with 1 and changes nothing for schedule ${args.join(' ')}`, async t => {
      const { code, stdout, stderr } = await equipage(shop(t), 'schedule', ...args)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, message)
    })
  }

  for (const [args, message] of [
    [['list', 'reprots'], /^E_UNKNOWN_QUEUE: .*did you mean "reports"\?$/m],
    [['list', 'reports', '--limit', '0'], /--limit.*'0' is invalid.* from 1 to 1000000/],
    [
      ['list', 'reports', '--state', 'lost'],
      /--state.*'lost' is invalid.*active, waiting, delayed/,
    ],
    [['show', '7'], /^E_UNKNOWN_JOB_ID: there is no job '7' in the queues default, reports/],
    [['retry'], /^E_BAD_ARGUMENT: queue retry: expected ids, or --all/],
    [['forget', '7'], /^E_UNKNOWN_JOB_ID: /],
    [['cancel', '7'], /^E_UNKNOWN_JOB_ID: /],
    [['monitor'], /required option '--max <number>' not specified/],
  ] as const) {
    it(`ends with 1 and changes nothing for queue ${args.join(' ')}`, async t => {
      const { code, stdout, stderr } = await equipage(shop(t), 'queue', ...args)
      assert.deepEqual([code, stdout], [1, ''])
      assert.match(stderr, message)
    })
  }

  it('ends with 1 when a queue is longer than it may be', async t => {
    const folder = shop(t)
    await equipage(folder, 'queue', 'pause', 'reports')
    await equipage(folder, 'queue', 'push', 'report', '{"id": 7}')
    const monitor = (max: string) => equipage(folder, 'queue', 'monitor', '--max', max)
    assert.equal((await monitor('1')).code, 0)
    const { code, stdout } = await monitor('0')
    assert.equal(code, 1)
    assert.match(stdout, /^reports: too long, 1 waiting \(at most 0\), paused$/m)
  })

  it('ends with 1 when a schedule that is run by hand fails', async t => {
    const { code, stdout, stderr } = await equipage(shop(t), 'schedule', 'run', 'nightly')
    assert.equal(code, 1)
    assert.match(stdout, /^nightly: failed \(it fired\)/)
    assert.match(stderr, /^Error: it fired\n/)
  })

  it('explains every command of schedules, with an example', async t => {
    const folder = temporaryFolder(t)
    const help = async (...args: string[]) => {
      const { code, stdout } = await equipage(folder, 'schedule', ...args, '--help')
      assert.equal(code, 0)
      return stdout
    }
    const listed = await help()
    for (const name of ['list', 'next', 'why', 'run', 'pause', 'resume', 'sync']) {
      assert.match(listed, new RegExp(`^  ${name} `, 'm'))
      assert.match(await help(name), new RegExp(`--json[^]*Example:\n  equipage schedule ${name}`))
    }
  })

  it('explains every command of queues, with an example', async t => {
    const folder = temporaryFolder(t)
    const help = async (...args: string[]) => {
      const { code, stdout } = await equipage(folder, 'queue', ...args, '--help')
      assert.equal(code, 0)
      return stdout
    }
    const listed = await help()
    const changing = ['retry', 'forget', 'clear', 'pause', 'resume', 'cancel', 'push']
    const helps = ['stats', 'list', 'failed', 'show', 'monitor', ...changing].map(async name => {
      assert.match(listed, new RegExp(`^  ${name} `, 'm'))
      assert.match(await help(name), new RegExp(`--json[^]*Example:\n  equipage queue ${name}`))
    })
    await Promise.all(helps)
  })

  it('suggests the command that was meant', async t => {
    const { code, stderr } = await equipage(shop(t), 'shedule', 'list')
    assert.equal(code, 1)
    assert.match(stderr, /Did you mean schedule\?/)
  })
})
