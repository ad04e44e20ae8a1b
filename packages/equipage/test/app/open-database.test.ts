import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { databaseSettings } from '../../src/app/open-database.ts'
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
