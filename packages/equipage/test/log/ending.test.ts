import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { logSettings } from './support/settings.ts'

const program = join(import.meta.dirname, 'support', 'log-process.ts')

interface Ended {
  stdout: string
  stderr: string
  end: unknown
}

/** Runs a process that logs and ends. */
function run(argument: object): Promise<Ended> {
  const args = [program, JSON.stringify(argument)]
  const options = { maxBuffer: 2 ** 26, env: { ...process.env, NO_COLOR: '1' } }
  return new Promise(resolve => {
    execFile(process.execPath, args, options, (error, stdout, stderr) =>
      resolve({ stdout, stderr, end: error?.signal ?? error?.code ?? 0 }),
    )
  })
}

const channels = {
  'the console': { channel: 'console' },
  'the pretty console': { channel: 'console', format: 'pretty' },
  'a single file': { channel: 'single' },
  'a daily file': { channel: 'daily' },
  'a stack': { channel: 'stack', stack: ['console', 'single'] },
}
const ends = { SIGKILL: 'SIGKILL', SIGTERM: 'SIGTERM', SIGINT: 'SIGINT', exit: 3, close: 0 }

// More than a pipe holds, so that the console has to wait for its reader.
const lines = 1_000

for (const [name, channel] of Object.entries(channels)) {
  describe(`what was logged to ${name}`, { concurrency: true }, () => {
    for (const [end, code] of Object.entries(ends)) {
      it(`is there to the last line when the process ends by ${end}`, async t => {
        const folder = temporaryFolder(t)
        const settings = { ...logSettings, ...channel, file: join(folder, 'logs', 'app.log') }
        const ended = await run({ settings, lines, end })
        assert.equal(ended.end, code)
        const files = globSync(join(folder, 'logs', '*')).map(file => readFileSync(file, 'utf8'))
        const written = [ended.stdout, ...files].filter(text => text !== '')
        assert.equal(written.length, channel.channel === 'stack' ? 2 : 1)
        for (const text of written) {
          const numbers = Array.from(text.matchAll(/"line":(\d+)/g), ([, line]) => Number(line))
          assert.deepEqual(
            numbers,
            Array.from({ length: lines }, (_, index) => index + 1),
          )
        }
      })
    }
  })
}

describe('the null channel', () => {
  it('writes nowhere', async t => {
    const folder = temporaryFolder(t)
    const settings = { ...logSettings, channel: 'null', file: join(folder, 'logs', 'app.log') }
    assert.deepEqual(await run({ settings, lines, end: 'close' }), {
      stdout: '',
      stderr: '',
      end: 0,
    })
    assert.deepEqual(globSync(join(folder, '*')), [])
  })
})

describe('the console', () => {
  const said = async (format: string, more = {}) =>
    (
      await run({
        settings: { ...logSettings, ...more, channel: 'console', format },
        lines: 1,
        end: 'close',
      })
    ).stdout

  it('is written as JSON where nobody looks, and for a person when that is asked for', async () => {
    const line = JSON.parse(await said('auto'))
    assert.equal(line.msg, 'said')
    assert.equal(line.level, 'info')
    assert.equal(line.app, 'shop')
    assert.equal(typeof line.pid, 'number')
    assert.match(line.time, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
    assert.equal(await said('json').then(text => JSON.parse(text).msg), 'said')
    assert.match(await said('pretty'), /^\[?\d{2}:\d{2}:\d{2}\.\d{3}\]? INFO.*: said .*"line":1/)
  })

  it('names the process for a person when there are several', async () => {
    assert.match(await said('pretty', { showPid: true }), /^\[?[\d:.]+\]? INFO \(\d+\).*: said /)
    assert.doesNotMatch(await said('pretty'), /\(\d+\)/)
  })

  for (const format of ['json', 'pretty']) {
    it(`is standard error, and leaves standard output alone, when ${format} is to go there`, async () => {
      const settings = { ...logSettings, channel: 'console', format, output: 'stderr' }
      const { stdout, stderr } = await run({ settings, lines: 3, end: 'SIGKILL' })
      assert.equal(stdout, '')
      assert.equal(stderr.split('said').length, 4)
    })
  }
})
