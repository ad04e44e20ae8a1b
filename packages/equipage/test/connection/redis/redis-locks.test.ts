import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, suite, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness, redisSettings } from '../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

/** Renewed four times as often. */
const lockMs = 2_000

function world(t: TestContext) {
  const settings = redisSettings(server)
  const client = new Redis(server.port, server.host)
  t.after(() => client.disconnect())
  return { settings, client, key: (name: string) => `${settings.prefix}:default:${name}` }
}

suite('the lock of a job', { concurrency: true }, () => {
  test('that ran out is taken again by the attempt that still runs: its end counts', async t => {
    const { settings, client, key } = world(t)
    const gate = Promise.withResolvers<void>()
    let starts = 0
    const job = defineJob({
      name: 'patient',
      async run({ signal }) {
        starts++
        await gate.promise
        assert.equal(signal.aborted, false)
      },
    })
    const { queue, consume } = redisHarness(settings, lockMs)(t, [job])
    await consume(1)
    const { id } = await queue.push(job)
    await eventually(() => assert.equal(starts, 1))
    assert.equal(await client.del(key(`${id}:lock`)), 1)
    // It is renewed.
    await eventually(async () => assert.equal(await client.exists(key(`${id}:lock`)), 1))
    assert.equal(await client.del(key(`${id}:lock`)), 1)
    gate.resolve()
    await eventually(async () => assert.equal((await queue.counts())[0]?.completed, 1))
    assert.equal(starts, 1)
  })

  test('that another worker has: the signal is aborted here, the end is refused, and it is logged', async t => {
    const { settings, client, key } = world(t)
    const reasons: unknown[] = []
    const job = defineJob({
      name: 'taken.over',
      async run({ signal }) {
        await once(signal, 'abort')
        reasons.push(signal.reason)
        return 'too late'
      },
    })
    const { queue, consume, lines } = redisHarness(settings, lockMs)(t, [job])
    await consume(1)
    const { id } = await queue.push(job)
    await eventually(async () => assert.equal(await client.exists(key(`${id}:lock`)), 1))
    await client.set(key(`${id}:lock`), 'the run of another worker')
    await eventually(() => assert.match(String(reasons[0]), /silent for longer than WORKER_LOCK/))
    await eventually(() =>
      assert.ok(lines.some(({ msg }) => String(msg).startsWith('an end was refused'))),
    )
    assert.equal(await client.get(key(`${id}:lock`)), 'the run of another worker')
    assert.equal((await queue.counts())[0]?.active, 1)
  })
})
