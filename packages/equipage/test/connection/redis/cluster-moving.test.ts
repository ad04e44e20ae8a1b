import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { defineJob } from '../../../src/job/index.ts'
import { startCluster } from '../../support/cluster.ts'
import { eventually } from '../../support/eventually.ts'
import { redisHarness } from '../conformance/harness.ts'
import { hourly, nightly, register, skipping } from '../conformance/tick-support.ts'

const cluster = await startCluster()
after(() => cluster.stop())

const beingMoved = { code: 'E_CONNECTION_AWAY', message: /is being moved to another node/ }

/** The slot of a prefix, which can be moved from its node to another one, as an operator does it. */
async function movable(t: TestContext, prefix: string) {
  const clients = cluster.nodes.map(({ host, port }) => new Redis(port, host))
  t.after(() => clients.map(client => client.disconnect()))
  const [any] = clients
  const slot = Number(await any?.call('CLUSTER', 'KEYSLOT', prefix))
  const index = Math.min(2, Math.floor((slot * 3) / 16_384))
  const [source, target] = [clients[index], clients[(index + 1) % 3]]
  const { host, port } = cluster.nodes[(index + 1) % 3] ?? {}
  assert.ok(source && target && host && port)
  const set = (client: Redis, ...words: (string | number)[]) =>
    client.call('CLUSTER', 'SETSLOT', slot, ...words)
  const [from, to] = await Promise.all(
    [source, target].map(client => client.call('CLUSTER', 'MYID')),
  )
  const keysOf = (client: Redis) => client.keys(`${prefix}:*`)
  const move = async (name: string) =>
    void (await source.call('MIGRATE', host, port, name, 0, 5_000, 'REPLACE'))
  return {
    /** Keys that were made where the slot is going, beside those that were moved. */
    made: async (moved: string[]) => (await keysOf(target)).filter(name => !moved.includes(name)),
    move,
    async begin() {
      await set(target, 'IMPORTING', String(from))
      await set(source, 'MIGRATING', String(to))
    },
    async end() {
      for (const name of await keysOf(source)) await move(name)
      for (const client of [target, ...clients]) await set(client, 'NODE', String(to))
    },
  }
}

suite('a Cluster whose slots are being moved', { concurrency: true }, () => {
  for (const names of [[], ['meta'], ['id', 'meta', 'wait']])
    test(`takes no push before it is done with the slot of a queue, ${names.join(', ') || 'nothing'} being over there`, async t => {
      const prefix = `{test-${randomUUID()}}`
      const ran: string[] = []
      const job = defineJob({ name: 'moved', run: ({ jobId }) => void ran.push(jobId) })
      const { queue, consume } = redisHarness({ cluster: cluster.addresses, prefix })(t, [job])
      const first = await queue.push(job)
      const slot = await movable(t, prefix)
      await slot.begin()
      const moved = names.map(name => `${prefix}:default:${name}`)
      for (const name of moved) await slot.move(name)
      await assert.rejects(queue.push(job), beingMoved)
      assert.deepEqual(await slot.made(moved), [])
      await slot.end()
      const second = await queue.push(job)
      assert.notEqual(first.id, second.id)
      await consume()
      await eventually(() => assert.deepEqual(ran.toSorted(), [first.id, second.id].toSorted()))
    })
  for (const names of [[], ['definitions'], ['cursors', 'anchors', 'definitions']])
    test(`decides no tick before it is done with the slot of the schedules, ${names.join(', ') || 'nothing'} being over there`, async t => {
      const prefix = `{test-${randomUUID()}}`
      const world = redisHarness({ cluster: cluster.addresses, prefix })(t, [])
      const { ticks } = world.connection
      const [registered] = await register(world, [nightly])
      assert.equal(registered?.outcome, 'registered')
      const { cursor } = registered
      const slot = await movable(t, prefix)
      await slot.begin()
      const moved = names.map(name => `${prefix}::schedules:${name}`)
      for (const name of moved) await slot.move(name)
      await assert.rejects(ticks.claim(skipping(nightly, cursor, cursor + 1)), beingMoved)
      await assert.rejects(register(world.sibling(), [nightly, hourly]), beingMoved)
      assert.deepEqual(await slot.made(moved), [])
      await slot.end()
      // The other nodes hear of it in their own time, and send a call round until then.
      await eventually(async () => assert.deepEqual(await ticks.cursors(['nightly']), [cursor]))
      const { outcome } = await ticks.claim(skipping(nightly, cursor, cursor + 1))
      assert.equal(outcome, 'claimed')
    })

  for (const concurrency of [1, 40])
    test(`completes jobs when it is done, each of them once, ${concurrency} at a time`, async t => {
      const prefix = `{test-${randomUUID()}}`
      const gate = Promise.withResolvers<void>()
      const ran: string[] = []
      const job = defineJob({
        name: 'moved',
        async run({ jobId }) {
          ran.push(jobId)
          await gate.promise
        },
      })
      const world = redisHarness({ cluster: cluster.addresses, prefix })(t, [job])
      const { queue, consume, connection } = world
      const receipts = await queue.pushMany(
        job,
        Array.from({ length: concurrency }, () => ({})),
      )
      await consume(concurrency)
      await eventually(() => assert.equal(ran.length, concurrency))
      const slot = await movable(t, prefix)
      await slot.begin()
      await slot.move(`${prefix}:default:meta`)
      gate.resolve()
      // It gives up after many tries; the worker has made its first by then.
      await assert.rejects(queue.push(job), beingMoved)
      await slot.end()
      await eventually(async () => {
        const [counts] = await connection.carrier.counts(['default'])
        assert.deepEqual([counts?.completed, counts?.active, counts?.failed], [concurrency, 0, 0])
      })
      assert.deepEqual(ran.toSorted(), receipts.map(({ id }) => id).toSorted())
    })
})
