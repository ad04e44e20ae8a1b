import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { logSettings } from '../../src/app/app-log.ts'
import { Config, defineConfig } from '../../src/config/index.ts'

const load = (env: Record<string, string>) => Config.load(defineConfig({}), '/nowhere', env)

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
