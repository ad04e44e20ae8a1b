import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { assess, readInfo } from '../../../src/connection/redis/server/server-report.ts'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { redisHarness, redisSettings } from '../conformance/harness.ts'
import { assertRefused, clusterOf, serverOf, warningsOf } from './redis-field.ts'

suite('a server at the start', { concurrency: true }, () => {
  const durable = ['--appendonly', 'yes']
  const folderOf = (t: TestContext) => ['--dir', temporaryFolder(t)]

  test('that keeps what it is given is not worth a word', async t => {
    const server = await serverOf({ args: [...durable, ...folderOf(t)] })
    assert.deepEqual(await warningsOf(server), [])
  })

  test('that keeps no append-only file is warned of, with what to do', async () => {
    const [warning = '', ...more] = await warningsOf(await serverOf())
    assert.deepEqual(more, [])
    assert.match(warning, /Redis at 127.* keeps no append-only file.*set appendonly yes/)
  })

  test('that may drop jobs is refused, and one that may drop other keys is warned of', async t => {
    const limit = ['--maxmemory', '100mb', ...durable]
    const drops = await serverOf({
      args: [...limit, ...folderOf(t), '--maxmemory-policy', 'allkeys-lru'],
    })
    const says =
      /cannot carry jobs: its maxmemory-policy is allkeys-lru.*set maxmemory-policy noeviction/
    await assertRefused(drops, 'E_REDIS_UNFIT', says)
    const locks = await serverOf({
      args: [...limit, ...folderOf(t), '--maxmemory-policy', 'volatile-ttl'],
    })
    const [warning = '', ...more] = await warningsOf(locks)
    assert.deepEqual(more, [])
    assert.match(warning, /volatile-ttl: .*set maxmemory-policy noeviction/)
  })

  test('that does not let its user look is said so, and used', async () => {
    const user = ['--user', 'worker', 'on', '>hunter2', '~*', '+@all', '-info', '-config']
    const server = await serverOf({ args: user })
    const [warning = '', ...more] = await warningsOf({
      ...server,
      username: 'worker',
      password: 'hunter2',
    })
    assert.deepEqual(more, [])
    assert.match(warning, /does not tell how it is set up; allow its user INFO/)
  })

  test('that is a replica takes no writes, and is waited for', async t => {
    const master = await serverOf()
    const replica = await serverOf({
      args: [...folderOf(t), '--replicaof', master.host, String(master.port)],
    })
    const says = /it is a replica of 127.* takes no writes: name its master/
    await assertRefused(replica, 'E_CONNECTION_AWAY', says)
    const job = defineJob({ name: 'written', run: () => 1 })
    const { queue } = redisHarness(replica)(t, [job])
    await assert.rejects(queue.push(job), {
      code: 'E_CONNECTION_AWAY',
      message: /READONLY.*takes no writes: name its master in REDIS_HOST/,
    })
  })

  test('that loads its data is waited for, and a push fails at once', async t => {
    // A key takes 50 ms to load, so that there is something to see.
    const slow = ['--key-load-delay', '50000', '--loading-process-events-interval-bytes', '1024']
    const server = await serverOf({ args: [...folderOf(t), ...slow] })
    const client = new Redis(server)
    for (let key = 0; key < 400; key++) await client.set(`key:${key}`, `${key}`.repeat(600))
    await client.save()
    client.disconnect()
    await server.kill()
    // It never gets as far as to say that it is ready: the test ends it before.
    void server.start().catch(() => undefined)
    const says = /loads its data.*answers once its data is loaded/
    await eventually(() => assertRefused(server, 'E_CONNECTION_AWAY', says))
    const job = defineJob({ name: 'early', run: () => 1 })
    const { queue } = redisHarness(server)(t, [job])
    await assert.rejects(queue.push(job), { code: 'E_CONNECTION_AWAY', message: /loads its data/ })
  })

  test('is asked on every master of a Cluster', async () => {
    const cluster = await clusterOf()
    const where = { cluster: cluster.addresses }
    const [warning = '', ...more] = await warningsOf(where)
    assert.deepEqual(more, [])
    assert.match(warning, /Redis at the Cluster .* keeps no append-only file/)
    const [, , third] = cluster.nodes
    assert.ok(third)
    const client = new Redis(third)
    await client.config('SET', 'maxmemory', '100mb', 'maxmemory-policy', 'allkeys-lfu')
    client.disconnect()
    await assertRefused(where, 'E_REDIS_UNFIT', /allkeys-lfu/)
  })
})

suite('the version of a server', () => {
  const report = (version: string) =>
    readInfo(`# Server\r\nredis_version:${version}\r\nrole:master\r\n`)
  const settings = redisSettings({ host: 'redis' })

  test('is that which BullMQ asks for, or newer, and may be missing', () => {
    for (const version of ['6.2.0', '7.0.15', '8.10.1']) {
      assert.deepEqual(assess(settings, report(version)), [])
    }
    assert.deepEqual(assess(settings, {}), [])
  })

  test('is refused when it is older, with what to install', () => {
    for (const version of ['2.8.24', '5.0.7', '6.0.16']) {
      assert.throws(() => assess(settings, report(version)), {
        code: 'E_REDIS_UNFIT',
        message: `Redis at redis:6379 cannot carry jobs: its version is ${version}; install Redis 6.2 or newer, or Valkey`,
      })
    }
  })
})
