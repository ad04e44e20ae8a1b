import assert from 'node:assert/strict'
import { after, suite, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { defineGroup, defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness, redisSettings } from '../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

const waiting = defineJob({ name: 'waiting', delay: '1h', run: () => null })
const large = defineJob({ name: 'large', run: () => 'x'.repeat(10_000) })
const failing = defineJob({ name: 'failing', run: () => Promise.reject(new Error('no luck')) })
const finallyJob = defineJob({ name: 'finally', run: () => null })

/** A group that was pushed, and what Redis holds of it. */
async function pushed(t: TestContext, member: typeof waiting | typeof large | typeof failing) {
  const settings = redisSettings(server)
  const group = defineGroup({ name: 'all' })
    .with('one', member as typeof waiting, () => ({}))
    .andThen(finallyJob, () => ({}))
  const harness = redisHarness(settings)(t, [group])
  const ends: string[] = []
  harness.events.on('group:completed', () => ends.push('completed'))
  harness.events.on('group:failed', () => ends.push('failed'))
  await harness.consume()
  await harness.queue.push(group)
  const client = new Redis(server.port, server.host)
  t.after(() => client.disconnect())
  const open = `${settings.prefix}::groups`
  const keyOf = async () => {
    const [key] = await eventually(async () => {
      const keys = await client.keys(`${settings.prefix}::groups:*`)
      assert.equal(keys.length, 1)
      return keys
    })
    return key ?? ''
  }
  return { harness, client, ends, open, keyOf }
}

suite('groups in Redis', { concurrency: true }, () => {
  test('that have completed are known for an hour, without what their jobs gave', async t => {
    const { client, ends, open, keyOf } = await pushed(t, large)
    await eventually(() => assert.deepEqual(ends, ['completed']))
    const key = await keyOf()
    assert.deepEqual((await client.hkeys(key)).sort(), ['finishedOn', 'state'])
    const leftMs = await client.pttl(key)
    assert.ok(leftMs > 0 && leftMs <= 3_600_000, String(leftMs))
    assert.equal(await client.exists(open), 0)
  })

  test('that have failed are known for a day, with all that a retry needs', async t => {
    const { client, ends, open, keyOf } = await pushed(t, failing)
    await eventually(() => assert.deepEqual(ends, ['failed']))
    const key = await keyOf()
    const { plan, state, 'end:0': end, finishedOn } = await client.hgetall(key)
    assert.deepEqual([state, JSON.parse(plan ?? '').name], ['failed', 'all'])
    assert.match(String(end), /^b\{"state":"failed"/)
    assert.ok(Number(finishedOn) > 0)
    assert.ok((await client.pttl(key)) > 3_600_000)
    assert.equal(await client.exists(open), 0)
  })

  test('that another program spoiled are closed, and no worker fails by them', async t => {
    const { harness, client, open, keyOf } = await pushed(t, waiting)
    const key = await keyOf()
    await client.hset(key, 'plan', '{"name":7}')
    await client.zadd(open, 1, 'no-such-group')
    await harness.tend()
    assert.equal(await client.exists(open), 0)
    assert.equal(await client.hget(key, 'state'), 'failed')
    const errors = harness.lines.filter(({ level }) => level >= 50)
    assert.deepEqual(
      errors.map(({ msg }) => msg),
      ['a group cannot be read; it is closed'],
    )
  })

  test('are looked after by one worker a minute', async t => {
    const { harness, keyOf } = await pushed(t, waiting)
    await keyOf()
    const { groups } = harness.connection
    const turns = await Promise.all([1, 2, 3].map(() => groups.unfinished(600_000)))
    assert.deepEqual(turns.map(({ length }) => length).sort(), [0, 0, 1])
  })
})
