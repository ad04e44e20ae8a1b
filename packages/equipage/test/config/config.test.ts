import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { Config, defineConfig, format } from '../../src/config/index.ts'
import { EquipageError, isEquipageError } from '../../src/core/errors.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const definition = defineConfig({
  shop: {
    open: { doc: 'Open?', format: format.bool(), default: true, env: 'SHOP_OPEN' },
    shelves: { doc: 'How many.', format: format.int(1, 99), default: 12, env: 'SHOP_SHELVES' },
    key: { doc: 'Key.', format: format.text(), default: 'k', sensitive: true, env: 'SHOP_KEY' },
    tags: { doc: 'Words.', format: Array, default: ['a', 'b'] },
  },
})

type Env = Record<string, string>
const load = (t: TestContext, env: Env = {}, file = '') => {
  const folder = temporaryFolder(t)
  if (file) writeFileSync(join(folder, '.env'), file)
  return Config.load(definition, folder, env)
}

/** The faults of a configuration that does not load, as its message lists them. */
function faultsOf(t: TestContext, env: Env, file?: string): string[] {
  try {
    load(t, env, file)
  } catch (error) {
    assert.ok(isEquipageError(error, 'E_CONFIG'))
    return error.message.split('\n').slice(1)
  }
  throw new Error('the configuration was accepted')
}

describe('the configuration', () => {
  it('has the defaults when nothing is set', t => {
    const config = load(t)
    assert.equal(config.get('queue.connection'), 'sync')
    assert.equal(config.get('queue.redis.port'), 6_379)
    assert.equal(config.get('queue.redis.password'), null)
    assert.equal(config.get('web.port'), 8_082)
    assert.deepEqual(config.get('shop'), { open: true, shelves: 12, key: 'k', tags: ['a', 'b'] })
  })

  it('reads the environment over .env, and .env over the defaults', t => {
    const file = 'REDIS_PORT=7000\nREDIS_HOST=file\nSHOP_OPEN=off\n'
    const config = load(t, { REDIS_HOST: 'process', WORKER_QUEUES: 'a, b' }, file)
    assert.equal(config.get('queue.redis.host'), 'process')
    assert.equal(config.get('queue.redis.port'), 7_000)
    assert.equal(config.get('shop.open'), false)
    assert.deepEqual(config.get('queue.worker.queues'), ['a', 'b'])
  })

  it("reads the process's own environment when it is given none", t => {
    process.env['SHOP_SHELVES'] = '77'
    t.after(() => delete process.env['SHOP_SHELVES'])
    assert.equal(Config.load(definition, temporaryFolder(t)).get('shop.shelves'), 77)
  })

  it('is changed by nobody who was given a value', t => {
    const config = load(t)
    Object.assign(config.get('shop.tags'), { 2: 'c' })
    Object.assign(config.get('shop'), { shelves: 99 })
    assert.deepEqual(config.get('shop.tags'), ['a', 'b'])
    assert.equal(config.get('shop.shelves'), 12)
  })

  it('has neither the command line nor any other variable in it', t => {
    const argv = process.argv
    process.argv = [...argv, '--shop.shelves', '5']
    t.after(() => {
      process.argv = argv
    })
    assert.equal(load(t, { SHELVES: '6', 'shop.shelves': '7' }).get('shop.shelves'), 12)
  })

  it('lets an application replace a setting of the framework and keep the rest of its group', t => {
    const connection = {
      doc: 'Where.',
      format: format.oneOf('sync', 'redis'),
      default: 'redis',
      env: 'QUEUE_CONNECTION',
    } as const
    const config = Config.load(defineConfig({ queue: { connection } }), temporaryFolder(t), {})
    assert.equal(config.get('queue.connection'), 'redis')
    assert.equal(config.get('queue.redis.port'), 6_379)
  })

  it('refuses a path that nothing is declared at, with the nearest one', t => {
    const config = load(t)
    const get = (path: string) => config.get(path as 'queue.connection')
    assert.throws(() => get('queue.conection'), {
      code: 'E_UNKNOWN_SETTING',
      message: 'no setting is declared at "queue.conection"; did you mean "queue.connection"?',
    })
    assert.throws(() => get('nothing.like.it'), {
      code: 'E_UNKNOWN_SETTING',
      message: `no setting is declared at "nothing.like.it"; declare it with defineConfig, and name that by \`static config\` of the application's class`,
    })
  })

  it('is described setting by setting, with secrets hidden', t => {
    const settings = load(t, { REDIS_PASSWORD: 'hunter2', SHOP_OPEN: 'no' }).describe()
    const of = (path: string) => settings.find(setting => setting.path === path)
    assert.deepEqual(of('shop.open'), {
      path: 'shop.open',
      variable: 'SHOP_OPEN',
      value: false,
      doc: 'Open?',
    })
    assert.equal(of('queue.redis.password')?.value, '[hidden]')
    assert.equal(of('database.password')?.value, null)
    assert.equal(of('shop.tags')?.variable, undefined)
    assert.ok(!JSON.stringify(settings).includes('hunter2'))
  })
})

describe('a faulty configuration', () => {
  for (const [variable, value, expected] of [
    ['REDIS_PORT', 'http', 'a whole number from 1 to 65535'],
    ['REDIS_PORT', '65536', 'a whole number from 1 to 65535'],
    ['QUEUE_CONNECTION', 'kafka', 'one of sync, redis'],
    ['SHOP_SHELVES', '12abc', 'a whole number from 1 to 99'],
    ['SHOP_OPEN', 'nope', 'true, yes, on or 1, or false, no, off or 0'],
    ['LOG_CHANNEL', 'file', 'one of console, single, daily, stack, null'],
    ['WORKER_GRACE', '20', 'a duration such as 30s, 5m or 1h30m'],
    ['WORKER_QUEUES', 'a,,b', 'names separated by commas, none of them empty'],
    ['SCHEDULER_TIMEZONE', 'Europe/Madird', 'a time zone such as Europe/Madrid or UTC'],
  ] as const) {
    it(`says the variable, the value and what is allowed: ${variable}=${value}`, t => {
      assert.deepEqual(faultsOf(t, { [variable]: value }), [
        `  ${variable} in the environment: expected ${expected}, got '${value}'`,
      ])
    })
  }

  it('lists every fault at once, each with the place it was set in', t => {
    const faults = faultsOf(t, { REDIS_PORT: 'x', DB_PORT: 'y' }, 'SHOP_OPEN=maybe\nLOG_LEVLE=info')
    assert.deepEqual(faults.map(fault => fault.trim().split(':')[0]).sort(), [
      'DB_PORT in the environment',
      'LOG_LEVLE in .env',
      'REDIS_PORT in the environment',
      'SHOP_OPEN in .env',
    ])
  })

  it('shows no secret, neither in its message nor in its fields', t => {
    const env = {
      REDIS_URL: 'http://u:hunter2@h',
      REDIS_PASSWORDS: 'hunter2',
      DB_PASWORD: 'hunter2',
    }
    assert.throws(
      () => load(t, env),
      error => {
        assert.ok(error instanceof EquipageError)
        assert.ok(!error.message.includes('hunter2'), error.message)
        assert.ok(!JSON.stringify(error.fields).includes('hunter2'))
        assert.match(error.message, /REDIS_URL in the environment: .* got '\[hidden\]'/)
        return true
      },
    )
  })

  it('is a misspelt variable too, with the one that was meant', t => {
    assert.deepEqual(faultsOf(t, { QUEUE_CONECTION: 'redis' }), [
      '  QUEUE_CONECTION in the environment: no such variable; did you mean QUEUE_CONNECTION?',
    ])
    assert.deepEqual(faultsOf(t, {}, 'QEUE_CONNECTION=redis'), [
      '  QEUE_CONNECTION in .env: no such variable; did you mean QUEUE_CONNECTION?',
    ])
  })

  it('is none for variables of other programs, however many', t => {
    load(t, {
      PATH: '/bin',
      HOME: '/root',
      LOGNAME: 'me',
      QEUE_CONNECTION: 'x',
      WEB_CONCURRENCY: '4',
    })
  })

  it('is a default of the application that its own format does not allow', t => {
    const wrong = { doc: 'Wrong.', format: format.int(1, 5), default: 9 }
    const secret = { doc: 'Wrong.', format: format.port(), default: 'hunter2', sensitive: true }
    assert.throws(
      () => Config.load(defineConfig({ shop: { wrong, secret } }), temporaryFolder(t), {}),
      {
        code: 'E_CONFIG',
        message:
          /the default of shop\.wrong in config\/: expected a whole number from 1 to 5, got 9\n.*shop\.secret .*got '\[hidden\]'$/,
      },
    )
  })
})
