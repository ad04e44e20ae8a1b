import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type Logger, type LogSettings, openLog } from '../../src/log/index.ts'
import { StubClock } from '../support/stub-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { logSettings } from './support/settings.ts'

/** Logs into a file, and gives the lines that are in it afterwards. */
function logged(t: TestContext, settings: Partial<LogSettings>, write: (log: Logger) => void) {
  const file = join(temporaryFolder(t), 'app.log')
  const log = openLog({ ...logSettings, ...settings, file }, new StubClock())
  write(log.logger)
  log.close()
  const text = readFileSync(file, 'utf8').trim()
  return text === '' ? [] : text.split('\n').map(line => JSON.parse(line))
}

describe('a log', () => {
  it('writes from its level up', t => {
    const lines = logged(t, { level: 'warn' }, log => {
      log.info('quiet')
      log.warn('heard')
      log.error('heard too')
    })
    assert.deepEqual(
      lines.map(line => [line.level, line.msg]),
      [
        ['warn', 'heard'],
        ['error', 'heard too'],
      ],
    )
  })

  it('writes every line into every channel of a stack', t => {
    const folder = temporaryFolder(t)
    const settings = { channel: 'stack', stack: ['single', 'daily', 'null'] } as const
    const file = join(folder, 'logs', 'app.log')
    const log = openLog({ ...logSettings, ...settings, file }, new StubClock('2026-11-21T12:00:00'))
    log.logger.trace('low')
    log.logger.error('high')
    log.close()
    const files = readdirSync(join(folder, 'logs')).sort()
    assert.deepEqual(files, ['app.2026-11-21.log', 'app.log'])
    for (const name of files) {
      const text = readFileSync(join(folder, 'logs', name), 'utf8')
      assert.match(text, /"low".*\n.*"high".*\n$/)
    }
  })

  it('refuses a channel of the stack that it does not know, with the nearest one', () => {
    const open = (stack: string[]) =>
      openLog({ ...logSettings, channel: 'stack', stack }, new StubClock())
    assert.throws(() => open(['consol']), {
      code: 'E_LOG_CHANNEL',
      message: 'LOG_STACK names the channel \'consol\'; did you mean "console"?',
    })
    assert.throws(() => open(['syslog']), {
      code: 'E_LOG_CHANNEL',
      message: "LOG_STACK names the channel 'syslog'; it may name console, single, daily",
    })
  })
})

describe('redaction', () => {
  it('hides passwords, tokens and secrets, at the top of a line and two levels down', t => {
    const hunter = { password: 'hunter2', token: 'hunter2', apiKey: 'hunter2' }
    const lines = logged(t, {}, log => {
      log.info({ ...hunter, kept: 'top' })
      log.info({ user: { ...hunter, kept: 'inside' } })
      log.info({ request: { headers: { authorization: 'hunter2', cookie: 'hunter2' } } })
      log.info({ users: [hunter, hunter] })
      log.error({ err: Object.assign(new Error('refused'), { secret: 'hunter2' }) })
      log.child({ ...hunter, kept: 'child' }).info('from a child')
    })
    assert.ok(!JSON.stringify(lines).includes('hunter2'))
    assert.equal(lines[0].password, '[hidden]')
    assert.equal(lines[0].kept, 'top')
    assert.equal(lines[1].user.kept, 'inside')
    assert.equal(lines[4].err.message, 'refused')
    assert.equal(lines[5].kept, 'child')
  })

  it('hides the paths of LOG_REDACT beside them', t => {
    const [line] = logged(t, { redact: ['payload.email', '*.iban'] }, log =>
      log.info({ payload: { email: 'a@b', id: 7 }, to: { iban: 'DE1' }, password: 'x' }),
    )
    assert.deepEqual(line.payload, { email: '[hidden]', id: 7 })
    assert.deepEqual(line.to, { iban: '[hidden]' })
    assert.equal(line.password, '[hidden]')
  })

  it('leaves what a job was given as it was', t => {
    const payload = { password: 'hunter2', inner: { token: 'x' } }
    logged(t, {}, log => log.info({ payload }))
    assert.deepEqual(payload, { password: 'hunter2', inner: { token: 'x' } })
  })

  for (const path of ['payload[', 'a..b', '']) {
    it(`refuses ${JSON.stringify(path)} as a path, and says what one looks like`, () => {
      assert.throws(() => openLog({ ...logSettings, redact: ['a.b', path] }, new StubClock()), {
        code: 'E_BAD_OPTION',
        message: `LOG_REDACT, a path: expected a path such as payload.email or *.iban, got '${path}'`,
      })
    })
  }
})
