import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readEnvironment } from '../../src/config/environment.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

describe('the environment', () => {
  it('goes over .env, and each variable says where it was set', t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, '.env'), 'REDIS_HOST=from-file\nREDIS_PORT=7000\n')
    const environment = readEnvironment(folder, { REDIS_HOST: 'from-process' })
    assert.deepEqual(Object.fromEntries(environment.values), {
      REDIS_HOST: 'from-process',
      REDIS_PORT: '7000',
    })
    assert.equal(environment.source('REDIS_HOST'), 'the environment')
    assert.equal(environment.source('REDIS_PORT'), '.env')
  })

  it('counts an empty variable as one that is not set, in both places', t => {
    const folder = temporaryFolder(t)
    writeFileSync(join(folder, '.env'), 'REDIS_HOST=from-file\nREDIS_DB=\n')
    const environment = readEnvironment(folder, { REDIS_HOST: '', REDIS_PORT: undefined })
    assert.deepEqual(Object.fromEntries(environment.values), { REDIS_HOST: 'from-file' })
    assert.equal(environment.source('REDIS_HOST'), '.env')
  })

  it('reads quotes, comments and an export prefix in .env', t => {
    const folder = temporaryFolder(t)
    const lines = ['# a comment', 'A="two words" # why', "B='#7'", 'export C=plain', 'D=a=b']
    writeFileSync(join(folder, '.env'), lines.join('\n'))
    const { values } = readEnvironment(folder, {})
    assert.deepEqual(Object.fromEntries(values), { A: 'two words', B: '#7', C: 'plain', D: 'a=b' })
  })

  it('does without a .env', t => {
    assert.equal(readEnvironment(temporaryFolder(t), { A: '1' }).values.get('A'), '1')
  })

  it('refuses a .env that cannot be read, and names it', t => {
    const folder = temporaryFolder(t)
    mkdirSync(join(folder, '.env'))
    assert.throws(() => readEnvironment(folder, {}), {
      code: 'E_ENV_FILE',
      message: `${join(folder, '.env')} cannot be read; make it readable to this user, or remove it`,
    })
  })
})
