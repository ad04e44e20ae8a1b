import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import { commandClient, connectOnce } from '../../../src/connection/redis/server/client.ts'
import { checkServer } from '../../../src/connection/redis/server/server-check.ts'
import { addressOf, type RedisSettings } from '../../../src/connection/redis/server/settings.ts'
import { connectionError } from '../../../src/connection/redis/server/symptoms.ts'
import { eventually } from '../../support/eventually.ts'
import { capturedLog } from '../../support/lines.ts'
import { freePort } from '../../support/redis.ts'
import { startWatched } from '../../support/sentinel.ts'

const settingsOf = (
  addresses: string[],
  sentinel: { name?: string; password?: string | null } = {},
): RedisSettings => ({
  ...{ url: null, host: 'nowhere.invalid', port: 1, db: 0, username: null, password: null },
  sentinel: { addresses, name: 'mymaster', password: null, ...sentinel },
  prefix: `test-${randomUUID()}`,
})

const probe = (settings: RedisSettings) => checkServer(settings, capturedLog().log)

function clientOf(test: TestContext, settings: RedisSettings) {
  const client = commandClient(settings)
  client.on('error', () => undefined)
  test.after(() => client.disconnect())
  return client
}

suite('Redis behind Sentinels', { concurrency: true }, () => {
  test('is found by asking them, and again when another server has taken its place', async t => {
    const watched = await startWatched()
    t.after(() => watched.stop())
    const settings = settingsOf([`127.0.0.1:${await freePort()}`, watched.address])
    await probe(settings)
    const client = clientOf(t, settings)
    await connectOnce(client)
    await client.set(settings.prefix, 'before')
    await eventually(() => watched.settled())
    await watched.master.kill()
    await assert.rejects(client.set(settings.prefix, 'lost'))
    await eventually(() => client.set(settings.prefix, 'after'))
    assert.match(await client.info('server'), new RegExp(`tcp_port:${watched.replica.port}`))
  })

  test('is left when it hangs and the Sentinels name another', async t => {
    const watched = await startWatched()
    t.after(() => watched.stop())
    const settings = settingsOf([watched.address])
    const client = clientOf(t, settings)
    await connectOnce(client)
    await eventually(() => watched.settled())
    watched.master.signal('SIGSTOP')
    await eventually(() => client.set(settings.prefix, 'after'))
    assert.match(await client.info('server'), new RegExp(`tcp_port:${watched.replica.port}`))
  })

  test('is away when none of them answers: a call fails, and the message names them', async t => {
    const address = `127.0.0.1:${await freePort()}`
    const settings = settingsOf([address])
    const says = new RegExp(
      `Redis does not answer at mymaster of the Sentinels ${address} .*ECONNREFUSED.*REDIS_SENTINELS`,
    )
    await assert.rejects(probe(settings), { code: 'E_CONNECTION_AWAY', message: says })
    const client = clientOf(t, settings)
    await assert.rejects(connectOnce(client), (error: Error) => {
      assert.match(connectionError(settings, error).message, says)
      return true
    })
  })

  test('is away when they watch nothing of that name, and lets nobody in with their wrong password', async t => {
    const watched = await startWatched({ password: 'right' })
    t.after(() => watched.stop())
    await probe(settingsOf([watched.address], { password: 'right' }))
    await assert.rejects(
      probe(settingsOf([watched.address], { password: 'right', name: 'another' })),
      {
        code: 'E_CONNECTION_AWAY',
        message: /another of the Sentinels .*No such master with that name/,
      },
    )
    for (const password of ['hunter2', null]) {
      await assert.rejects(probe(settingsOf([watched.address], { password })), (error: Error) => {
        assert.equal((error as Error & { code?: string }).code, 'E_CONNECTION_REFUSED')
        assert.match(error.message, /REDIS_SENTINEL_PASSWORD/)
        assert.doesNotMatch(error.message, /hunter2/)
        return true
      })
    }
  })

  test('is named without passwords: by its address, or by theirs', () => {
    const both = settingsOf(['one:26379', '[::1]:26380'], { password: 'secret' })
    assert.equal(addressOf(both), 'mymaster of the Sentinels one:26379, [::1]:26380')
    assert.equal(addressOf({ ...both, url: 'redis://user:secret@host:1/2' }), 'redis://host:1/2')
  })
})
