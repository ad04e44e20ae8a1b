import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { workerClient } from '../../../src/connection/redis/server/client.ts'
import { isEquipageError } from '../../../src/core/errors.ts'
import { freePort } from '../../support/redis.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { redisHarness, redisSettings } from '../conformance/harness.ts'
import { assertCarries, assertRefused, clusterOf, serverOf } from './redis-field.ts'

suite('the way to Redis', { concurrency: true }, () => {
  test('may be a Unix socket', async t => {
    const socket = join(temporaryFolder(t), 'redis.sock')
    await serverOf({ args: ['--unixsocket', socket] })
    await assertCarries(t, { socket, port: 1 })
    const away = `${socket}.gone`
    await assertRefused({ socket: away }, 'E_CONNECTION_AWAY', /redis\.sock\.gone .*REDIS_SOCKET/)
  })

  test('may ask for a user with a password, in variables or in an address', async t => {
    const user = ['--user', 'worker', 'on', '>hunter2', '~*', '+@all']
    const server = await serverOf({ password: 'other', args: user })
    const { host, port } = server
    await assertCarries(t, { host, port, username: 'worker', password: 'hunter2' })
    await assertCarries(t, { url: `redis://worker:hunter2@${host}:${port}/2` })
    for (const login of [
      { password: null },
      { password: 'hunter2' },
      { username: 'worker', password: 'hunter22' },
    ]) {
      const says = /does not let us in .*fix REDIS_USERNAME and REDIS_PASSWORD/
      await assertRefused({ host, port, ...login }, 'E_CONNECTION_REFUSED', says)
    }
    const url = `redis://worker:hunter22@${host}:${port}`
    await assertRefused({ url }, 'E_CONNECTION_REFUSED', /fix the user .* in REDIS_URL/)
  })

  test('is open to a user who may do what the guide says and no more', async t => {
    const prefix = 'shop'
    const rights = [`~${prefix}:*`, '+@all', '-@dangerous', '+info']
    const server = await serverOf({ args: ['--user', 'worker', 'on', '>hunter2', ...rights] })
    const login = { ...server, username: 'worker', password: 'hunter2' }
    await assertCarries(t, { ...login, prefix })
    const another = redisHarness({ ...login, prefix: 'another' })(t, [])
    const refused = await another.connection.ticks.cursors(['nightly']).catch(error => error)
    assert.ok(isEquipageError(refused, 'E_CONNECTION_REFUSED'), String(refused))
    assert.match(refused.message, /NOPERM.*~another:\*/)
  })

  test('leads to a database that the server has', async t => {
    const server = await serverOf()
    await assertCarries(t, { ...server, db: 3 })
    const says = /DB index is out of range.*REDIS_DB/
    await assertRefused({ ...server, db: 99 }, 'E_CONNECTION_REFUSED', says)
  })

  test('leads to one server or to a Cluster, and taking the one for the other is said', async () => {
    const server = await serverOf()
    const cluster = [`${server.host}:${server.port}`]
    const says = /it is no Cluster: set REDIS_HOST and REDIS_PORT in place of REDIS_CLUSTER/
    await assertRefused({ cluster }, 'E_CONNECTION_REFUSED', says)
    const nodes = await clusterOf()
    const [host = '', port] = nodes.addresses[0]?.split(':') ?? []
    const node = { host, port: Number(port) }
    await assertRefused(node, 'E_CONNECTION_REFUSED', /node of a Cluster.*REDIS_CLUSTER/)
    await assertRefused({ ...node, db: 1 }, 'E_CONNECTION_REFUSED', /SELECT.*REDIS_CLUSTER/)
    const wrong = { cluster: nodes.addresses, password: 'hunter2', username: 'nobody' }
    await assertRefused(wrong, 'E_CONNECTION_REFUSED', /WRONGPASS.*REDIS_PASSWORD/)
    const nobody = [`127.0.0.1:${await freePort()}`]
    await assertRefused({ cluster: nobody }, 'E_CONNECTION_AWAY', /REDIS_CLUSTER/)
  })
})

test('the workers of a Cluster wait while it is away, and go on when it is back', async t => {
  const cluster = await clusterOf()
  const client = workerClient(redisSettings({ cluster: cluster.addresses }))
  client.on('error', () => undefined)
  t.after(() => client.disconnect())
  await client.set('{before}', '1')
  await Promise.all(cluster.nodes.map(node => node.kill()))
  const answer = client.set('{after}', '1')
  await Promise.all(cluster.nodes.map(node => node.start()))
  assert.equal(await answer, 'OK')
})
