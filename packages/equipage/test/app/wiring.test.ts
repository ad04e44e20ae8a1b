import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { databaseSettings, logSettings } from '../../src/app/wiring.ts'
import { Config, defineConfig } from '../../src/config/index.ts'

const load = (env: Record<string, string>) => Config.load(defineConfig({}), '/nowhere', env)

describe('the settings of the database', () => {
  const of = (env: Record<string, string>) => databaseSettings(load(env), '/shop')

  it('are a file under storage, or the one that is named, relative to the application', () => {
    assert.deepEqual(of({}), { connection: 'sqlite', file: '/shop/storage/database.sqlite' })
    assert.deepEqual(of({ DB_DATABASE: 'a.db' }), { connection: 'sqlite', file: '/shop/a.db' })
    assert.deepEqual(of({ DB_DATABASE: '/b.db' }), { connection: 'sqlite', file: '/b.db' })
    assert.deepEqual(of({ DB_DATABASE: ':memory:' }), { connection: 'sqlite', file: ':memory:' })
  })

  it('are a server, and a database of the name of the application or the one that is named', () => {
    const server = { DB_CONNECTION: 'pgsql', DB_HOST: 'db', DB_PORT: '5433', DB_USERNAME: 'me' }
    const settings = { connection: 'pgsql', host: 'db', port: 5_433, username: 'me' }
    assert.deepEqual(of({ ...server, APP_NAME: 'shop' }), {
      ...settings,
      database: 'shop',
      password: null,
    })
    assert.deepEqual(of({ ...server, DB_DATABASE: 'own', DB_PASSWORD: 'hunter2' }), {
      ...settings,
      database: 'own',
      password: 'hunter2',
    })
  })
})

describe('the settings of the log', () => {
  it('are those of the configuration, with an absolute file and the name of the application', () => {
    const env = { LOG_CHANNEL: 'stack', LOG_STACK: 'single', LOG_REDACT: 'a.b', APP_NAME: 'shop' }
    assert.deepEqual(logSettings(load({ ...env, LOG_LEVEL: 'warn', LOG_KEEP: '3' }), '/shop'), {
      level: 'warn',
      channel: 'stack',
      format: 'auto',
      stack: ['single'],
      output: 'stdout',
      file: '/shop/storage/logs/app.log',
      keep: 3,
      redact: ['a.b'],
      name: 'shop',
    })
  })
})
