import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { defineChain, defineGroup, defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { redisHarness, redisSettings } from '../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

/** What BullMQ writes on a job that has taken its worker down as often as it may. */
const tooOften = 'job stalled more than allowable limit'

suite('a job that has taken its worker down too often', { concurrency: true }, () => {
  const crashing = defineJob({ name: 'crashing', run: () => 'never comes here' })

  /** A chain whose first job BullMQ will fail as soon as a worker takes it. */
  const given = async (t: Parameters<ReturnType<typeof redisHarness>>[0], name: string) => {
    const seen: unknown[] = []
    const noting = defineJob({
      name: 'noting',
      payload: z.object({ before: z.json() }),
      run: ({ payload }) => void seen.push(payload.before),
    })
    const onFailure = name === 'going.on' ? 'continue' : 'fail'
    const chain = defineChain({ name, start: crashing }).andThen(
      noting,
      before => ({ before: before as string }),
      { onFailure },
    )
    const settings = redisSettings(server)
    const harness = redisHarness(settings)(t, [chain])
    const { id } = await harness.queue.push(chain)
    const client = new Redis(server.port, server.host)
    t.after(() => client.disconnect())
    await client.hset(`${settings.prefix}:default:${id}`, 'defa', tooOften)
    const events = async () =>
      (await client.xrange(`${settings.prefix}:default:events`, '-', '+')).map(
        ([, [, event, , jobId]]) => `${event} ${jobId === id ? 'it' : 'next'}`,
      )
    return Object.assign(harness, { seen, bullEvents: events })
  }

  test('is followed by the next job of its chain where a failure does not end that', async t => {
    const { consume, seen } = await given(t, 'going.on')
    await consume()
    await eventually(() => assert.equal(seen.length, 1))
    assert.deepEqual(seen[0], {
      state: 'failed',
      error: { name: 'UnrecoverableError', message: tooOften },
    })
  })

  test('is on record as failed when what follows it is pushed, and not before', async t => {
    const harness = await given(t, 'going.on')
    await harness.consume()
    await eventually(async () => assert.ok((await harness.bullEvents()).includes('failed it')))
    const events = await harness.bullEvents()
    assert.ok(events.includes('added next'))
    assert.ok(events.indexOf('added next') < events.indexOf('failed it'), events.join(', '))
  })

  test('has failed in its group, which goes on at once', async t => {
    const told: unknown[] = []
    const last = defineJob({
      name: 'last',
      payload: z.object({ one: z.json() }),
      run: ({ payload }) => void told.push(payload.one),
    })
    const group = defineGroup({ name: 'all' })
      .with('one', crashing, () => ({}), { onFailure: 'continue' })
      .andThen(last, ({ one }) => ({ one }))
    const settings = redisSettings(server)
    const harness = redisHarness(settings)(t, [group])
    await harness.queue.push(group)
    const client = new Redis(server.port, server.host)
    t.after(() => client.disconnect())
    // The one job that this worker begins is the one that spreads the group.
    const spreading = { queues: ['default'], concurrency: 1, limit: 1 }
    const consumer = harness.connection.carrier.consume(spreading)
    t.after(() => consumer.stop(0))
    await consumer.start()
    await consumer.finished
    const [id] = await harness.connection.groups.unfinished(0)
    await client.hset(`${settings.prefix}:default:${id}-0`, 'defa', tooOften)
    await harness.consume()
    await eventually(() => assert.equal(told.length, 1))
    assert.deepEqual(told[0], {
      state: 'failed',
      error: { name: 'UnrecoverableError', message: tooOften },
    })
  })

  test('ends its chain elsewhere, which is told', async t => {
    const harness = await given(t, 'ending')
    const told: unknown[] = []
    harness.events.on('chain:failed', ({ name, job, error }) =>
      told.push([name, job, error.message]),
    )
    harness.events.on('job:failed', ({ name, attempt }) => told.push([name, attempt]))
    await harness.consume()
    await eventually(() =>
      assert.deepEqual(told, [
        ['crashing', 1],
        ['ending', 'crashing', tooOften],
      ]),
    )
    assert.ok(harness.lines.some(({ msg }) => msg === 'job failed without an attempt'))
  })
})
