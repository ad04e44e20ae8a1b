import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Config, defineConfig } from '../../src/config/index.ts'
import { isEquipageError } from '../../src/core/errors.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** The faults of an environment, as the message lists them; none when it is accepted. */
function faultsOf(t: TestContext, env: Record<string, string>): string[] {
  try {
    Config.load(defineConfig({}), temporaryFolder(t), env)
    return []
  } catch (error) {
    assert.ok(isEquipageError(error, 'E_CONFIG'))
    return error.message.split('\n').slice(1)
  }
}

describe('variables that say where Redis is', () => {
  const places: Record<string, string> = {
    REDIS_URL: 'redis://one',
    REDIS_SOCKET: '/run/redis.sock',
    REDIS_CLUSTER: 'one:7000,two:7000',
    REDIS_SENTINELS: 'one:26379',
    REDIS_HOST: 'one',
  }
  const names = Object.entries(places)

  for (const [index, [first, one]] of names.entries()) {
    it(`are accepted alone: ${first}`, t => {
      assert.deepEqual(faultsOf(t, { [first]: one }), [])
    })

    for (const [second, other] of names.slice(index + 1)) {
      it(`exclude each other, and the fault names both: ${first} and ${second}`, t => {
        const faults = faultsOf(t, { [first]: one, [second]: other })
        assert.equal(faults.length, 1, faults.join('\n'))
        const expected = `${first} in the environment: expected nothing beside ${second}: remove one of them`
        assert.ok(faults.join().includes(expected), faults.join())
      })
    }
  }
})

describe('other variables of Redis', () => {
  it('that an address holds already are a fault beside it, and the address stays hidden', t => {
    const url = 'rediss://user:hunter2@one/3'
    const faults = faultsOf(t, {
      REDIS_URL: url,
      REDIS_DB: '1',
      REDIS_PASSWORD: 'x',
      REDIS_TLS: 'yes',
    })
    assert.deepEqual(faults, [
      "  REDIS_URL in the environment: expected nothing beside REDIS_DB and REDIS_PASSWORD and REDIS_TLS: remove one of them, got '[hidden]'",
    ])
  })

  it('that a Cluster or a socket does not have are a fault beside it', t => {
    assert.match(
      faultsOf(t, { REDIS_CLUSTER: 'one:7000', REDIS_DB: '2' }).join(),
      /REDIS_CLUSTER .* nothing beside REDIS_DB/,
    )
    assert.match(
      faultsOf(t, { REDIS_SOCKET: '/run/redis.sock', REDIS_TLS: 'on' }).join(),
      /REDIS_SOCKET .* nothing beside REDIS_TLS/,
    )
  })

  it('of TLS are a fault where TLS is not spoken, so that nothing travels in the open unnoticed', t => {
    const says = /REDIS_TLS_CA .* expected REDIS_TLS, or rediss:\/\/ in REDIS_URL, beside it/
    assert.match(faultsOf(t, { REDIS_TLS_CA: 'ca.pem' }).join(), says)
    assert.match(faultsOf(t, { REDIS_TLS_CA: 'ca.pem', REDIS_URL: 'redis://one' }).join(), says)
    assert.deepEqual(faultsOf(t, { REDIS_TLS_CA: 'ca.pem', REDIS_URL: 'rediss://one' }), [])
    assert.deepEqual(faultsOf(t, { REDIS_TLS_CA: 'ca.pem', REDIS_TLS: 'true' }), [])
  })

  it('of a certificate come together', t => {
    assert.match(
      faultsOf(t, { REDIS_TLS: 'true', REDIS_TLS_CERT: 'cert.pem' }).join(),
      /REDIS_TLS_CERT .* expected REDIS_TLS_KEY beside it/,
    )
    assert.match(
      faultsOf(t, { REDIS_TLS: 'true', REDIS_TLS_KEY: 'key.pem' }).join(),
      /REDIS_TLS_KEY .* expected REDIS_TLS_CERT beside it/,
    )
  })
})
