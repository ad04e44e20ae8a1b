import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { commandClient, connectOnce } from '../../../src/connection/redis/server/client.ts'
import { eventually } from '../../support/eventually.ts'
import { startWatched } from '../../support/sentinel.ts'
import { redisSettings } from '../conformance/harness.ts'

/** What passes for a Sentinel: it takes connections, and does no more than a test says. */
async function silentSentinel() {
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => undefined).resume()
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { sockets, server, address: `127.0.0.1:${address.port}` }
}

async function watchedClient(t: TestContext) {
  const watched = await startWatched()
  t.after(() => watched.stop())
  const silent = await silentSentinel()
  t.after(() => silent.server.close())
  const { name } = watched
  const sentinel = { addresses: [watched.address, silent.address], name, password: null }
  const client = commandClient(redisSettings({ sentinel }))
  t.after(() => client.disconnect())
  client.on('error', () => undefined)
  await connectOnce(client)
  // The server is named by the one, and word of a failover is waited for from both.
  await eventually(() => assert.equal(silent.sockets.size, 1))
  return { client, silent }
}

test('a Sentinel that breaks off while its word is waited for is not told of on the console', async t => {
  const printed = t.mock.method(console, 'error', () => undefined)
  const { client, silent } = await watchedClient(t)
  for (const socket of silent.sockets) socket.resetAndDestroy()
  await eventually(() => assert.equal(silent.sockets.size, 0))
  for (let turn = 0; turn < 10; turn++) assert.equal(await client.ping(), 'PONG')
  const lines = printed.mock.calls.map(({ arguments: [line] }) => line)
  assert.deepEqual(lines, [])
})

test('a client that quits leaves no connection to a Sentinel behind', async t => {
  const { client, silent } = await watchedClient(t)
  await client.quit()
  await eventually(() => assert.equal(silent.sockets.size, 0))
})
