import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import {
  commandClient,
  connectOnce,
  type RedisClient,
  workerClient,
} from '../../../src/connection/redis/server/client.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import {
  type Address,
  type ScriptedSentinel,
  scriptedSentinel,
} from '../../support/scripted-sentinel.ts'
import { redisSettings } from '../conformance/harness.ts'

async function serverOf(t: TestContext) {
  const server = await startRedis()
  t.after(() => server.stop())
  return server
}

async function sentinelOf(t: TestContext, server: Address) {
  const sentinel = await scriptedSentinel(server)
  t.after(() => sentinel.close())
  const addresses = [sentinel.address]
  const settings = redisSettings({ sentinel: { addresses, name: 'mymaster', password: null } })
  const opened = (client: RedisClient) => {
    t.after(() => client.disconnect())
    client.on('error', () => undefined)
    return client
  }
  return { sentinel, settings, opened }
}

const listens = (sentinel: ScriptedSentinel) =>
  eventually(() => assert.equal(sentinel.listeners(), 1))

const word = (name: string, from: Address, to: Address) =>
  `${name} ${from.host} ${from.port} ${to.host} ${to.port}`

suite('word of a failover', { concurrency: true }, () => {
  test('that comes while a worker asks where the server is does not end the worker’s connection for good', async t => {
    const [old, next] = await Promise.all([serverOf(t), serverOf(t)])
    const { sentinel, settings, opened } = await sentinelOf(t, old)
    const client = opened(workerClient(settings))
    await client.ping()
    await listens(sentinel)

    const answer = sentinel.hold()
    sentinel.names(next)
    await old.kill()
    await eventually(() => assert.equal(sentinel.held(), 1))
    const waits = client.set(settings.prefix, 'kept')
    sentinel.tell(word('mymaster', old, next))
    // Whoever still listened has heard it by now.
    await eventually(() => assert.equal(sentinel.listeners(), 0))
    answer()
    assert.equal(await waits, 'OK')
  })

  test('that a client has followed, or of another master, breaks off no connection', async t => {
    const [old, next] = await Promise.all([serverOf(t), serverOf(t)])
    const { sentinel, settings, opened } = await sentinelOf(t, next)
    const client = opened(commandClient(settings))
    await connectOnce(client)
    const id = await client.client('ID')
    await listens(sentinel)

    sentinel.tell(word('mymaster', old, next))
    sentinel.tell(word('another', next, old))
    sentinel.hangUp()
    await eventually(() => assert.equal(sentinel.listeners(), 0))
    assert.equal(await client.client('ID'), id)
  })

  test('to another server is followed at once, and one that says nothing known has the server looked for', async t => {
    const [old, next] = await Promise.all([serverOf(t), serverOf(t)])
    const { sentinel, settings, opened } = await sentinelOf(t, old)
    const client = opened(workerClient(settings))
    await client.ping()
    await listens(sentinel)
    const at = (server: Address) =>
      eventually(async () =>
        assert.match(await client.info('server'), new RegExp(`tcp_port:${server.port}\r`)),
      )

    sentinel.names(next)
    sentinel.tell(word('mymaster', old, next))
    await at(next)
    await listens(sentinel)
    sentinel.names(old)
    sentinel.tell('mymaster')
    await at(old)
  })
})
