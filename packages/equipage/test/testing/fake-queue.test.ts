import assert, { AssertionError } from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { defineJob, runtimeOf } from '../../src/index.ts'
import { fakeQueue, timeTravel, VirtualClock } from '../../src/testing/index.ts'
import { shop, shopJobs } from './support/shop.ts'

const at = new Date('2026-03-01T08:00Z')

/** What an assertion that fails says; its stack begins in this file. */
function messageOf(assertion: () => void): string {
  try {
    assertion()
  } catch (error) {
    assert.ok(error instanceof AssertionError)
    assert.match(error.stack ?? '', /^[^\n]*(\n {2}[^\n]*)*\n {4}at [^\n]*fake-queue\.test\.ts/)
    return error.message
  }
  assert.fail('it did not fail')
}

suite('a fake queue', { concurrency: true }, () => {
  test('takes note of what is pushed, and runs nothing, whatever the connection', async t => {
    for (const connection of ['sync', 'redis']) {
      const ran: string[] = []
      const noted = defineJob({ name: 'noted', run: () => void ran.push('noted') })
      const app = await shop(t, { noted }, { QUEUE_CONNECTION: connection, REDIS_PORT: '1' })
      const queue = fakeQueue(app)
      const { state } = await app.queue.push(noted)
      assert.equal(state, 'waiting')
      assert.equal((await app.queue.pushIn('10m', noted)).state, 'delayed')
      const worker = runtimeOf(app).worker()
      await worker.start()
      await worker.stop(0)
      queue.assertPushedTimes(noted, 2)
      assert.deepEqual(ran, [])
      assert.equal(existsSync(join(app.basePath, 'storage')), false)
    }
  })

  test('gives what was pushed, the oldest first, of one job or all', async t => {
    const { bill, remind, sell } = shopJobs()
    const app = await shop(t, { bill, remind, sell })
    const queue = fakeQueue(app)
    app.replace('clock', new VirtualClock(at.getTime()))
    await app.queue.pushIn('10m', bill, { order: 7 }, { priority: 2, tags: ['till-3'] })
    await app.queue.push(sell, { order: 8 })
    await app.queue.push(remind)
    const common = { at, schedule: null, tick: null }
    const billed = { job: 'bill', payload: { order: 7 }, queue: 'bills', ...common }
    assert.deepEqual(queue.pushed(bill), [
      { ...billed, delayMs: 600_000, priority: 2, tags: ['till-3'] },
    ])
    assert.deepEqual(
      queue.pushed().map(({ job, payload }) => [job, payload]),
      [
        ['bill', { order: 7 }],
        ['sell', { order: 8 }],
        ['remind', {}],
      ],
    )
  })

  test('refuses what the real one refuses, and takes no note of it', async t => {
    const { bill, remind } = shopJobs()
    const app = await shop(t, { bill })
    const queue = fakeQueue(app)
    const wrong = { order: 'seven' } as never
    await assert.rejects(app.queue.push(bill, wrong), { code: 'E_BAD_PAYLOAD' })
    await assert.rejects(app.queue.push(bill, { order: 1n } as never), { code: 'E_NOT_JSON' })
    await assert.rejects(app.queue.push(remind), { code: 'E_UNKNOWN_JOB' })
    const priority = { priority: -1 }
    await assert.rejects(app.queue.push(bill, { order: 1 }, priority), { code: 'E_BAD_OPTION' })
    queue.assertCount(0)
  })

  test('knows a payload by its fields as JSON carries them, or by a function', async t => {
    const { bill, remind, sell } = shopJobs()
    const app = await shop(t, { bill, remind, sell })
    const queue = fakeQueue(app)
    await app.queue.push(bill, { order: 7, due: at })
    await app.queue.push(bill, { order: 8 })
    await app.queue.push(sell, { order: 9 })
    queue.assertPushed(bill)
    queue.assertPushed(bill, { order: 7 })
    queue.assertPushed(bill, { due: at })
    queue.assertPushed(bill, ({ order }, { queue }) => order === 8 && queue === 'bills')
    queue.assertNotPushed(remind)
    queue.assertNotPushed(bill, { order: 9 })
    queue.assertPushedOn('bills', bill, { order: 8 })
    queue.assertChained(sell)
    queue.assertChained(sell, { order: 9 })
    for (const assertion of [
      () => queue.assertPushed(bill, { order: 8, due: at }),
      () => queue.assertPushed(bill, ({ order }) => order > 8),
      () => queue.assertNotPushed(bill, { order: 8 }),
      () => queue.assertPushedOn('default', bill),
      () => queue.assertPushedOn('bills', bill, { order: 9 }),
      () => queue.assertChained(sell, { order: 7 }),
    ])
      messageOf(assertion)
  })

  test('knows a group by its name and its payload', async t => {
    const { bill, close, remind } = shopJobs()
    const app = await shop(t, { bill, close })
    const queue = fakeQueue(app)
    await app.queue.push(close, { orders: [7] })
    queue.assertGrouped(close)
    queue.assertGrouped(close, { orders: [7] })
    queue.assertPushed(close, ({ orders }) => orders.length === 1)
    queue.assertNotPushed(bill)
    queue.assertNotPushed(remind)
    assert.equal(
      messageOf(() => queue.assertGrouped(close, { orders: [8] })).split('\n')[0],
      '"close" was to be pushed as a group with { orders: [ 8 ] }; it was pushed once:',
    )
  })

  test('knows a delayed push by its delay', async t => {
    const { bill, remind } = shopJobs()
    const app = await shop(t, { bill, remind })
    const queue = fakeQueue(app)
    app.replace('clock', new VirtualClock(at.getTime()))
    await app.queue.pushIn(600_000, bill, { order: 7 })
    await app.queue.pushAt(new Date('2026-03-01T09:00Z'), remind)
    queue.assertDelayed(bill, '10m')
    queue.assertDelayed(remind, '1h')
    messageOf(() => queue.assertDelayed(bill, 600_001))
    assert.throws(() => queue.assertDelayed(bill, 'soon'), { code: 'E_BAD_DURATION' })
  })

  test('does not ask whether a job is unique: every push is noted', async t => {
    const run = () => null
    const once = defineJob({ name: 'once', unique: true, run })
    const later = defineJob({ name: 'later', unique: true, delay: '1h', run })
    const hourly = defineJob({ name: 'hourly', unique: { for: '1h' }, run })
    const poll = defineJob({ name: 'poll', throttle: '1h', run })
    const index = defineJob({ name: 'index', debounce: '1h', run })
    const jobs = { once, later, hourly, poll, index }
    const app = await shop(t, jobs)
    const queue = fakeQueue(app)
    for (const job of Object.values(jobs)) {
      const [first, second] = [await app.queue.push(job), await app.queue.push(job)]
      assert.deepEqual([second.state, second.id === first.id], [first.state, false])
      queue.assertPushedTimes(job, 2)
    }
  })

  test('forgets what it is told to forget', async t => {
    const { bill } = shopJobs()
    const app = await shop(t, { bill })
    const queue = fakeQueue(app)
    await app.queue.push(bill, { order: 7 })
    queue.clear()
    queue.assertCount(0)
    await app.queue.push(bill, { order: 8 })
    assert.deepEqual(
      queue.pushed(bill).map(({ payload }) => payload.order),
      [8],
    )
  })

  test('says what was pushed instead', async t => {
    const { bill, remind, sell } = shopJobs()
    const app = await shop(t, { bill, remind, sell })
    const queue = fakeQueue(app)
    app.replace('clock', new VirtualClock(at.getTime()))
    assert.equal(
      messageOf(() => queue.assertPushed(bill)),
      '"bill" was to be pushed; it was not; nothing was pushed at all',
    )
    assert.equal(
      messageOf(() => queue.assertCount(2)),
      '2 were to be pushed in all; nothing was pushed at all',
    )
    await app.queue.push(remind)
    await app.queue.push(remind)
    await app.queue.pushIn('90s', bill, { order: 7 })
    assert.equal(
      messageOf(() => queue.assertChained(sell, { order: 7 })),
      '"sell" was to be pushed as a chain with { order: 7 }; it was not; pushed were "remind" 2 times, "bill" once',
    )
    assert.equal(
      messageOf(() => queue.assertCount(0)),
      'nothing was to be pushed; pushed were "remind" 2 times, "bill" once',
    )
    const line = '\n  2026-03-01T08:00:00.000Z  { order: 7 }  on "bills", in 1m 30s (90000 ms)'
    const once = `it was pushed once:${line}`
    for (const [assertion, wanted] of [
      [() => queue.assertPushed(bill, { order: 8 }), 'was to be pushed with { order: 8 }'],
      [() => queue.assertPushed(bill, () => false), 'was to be pushed with a payload that matches'],
      [() => queue.assertPushedTimes(bill, 3), 'was to be pushed 3 times'],
      [() => queue.assertPushedOn('mails', bill), 'was to be pushed on "mails"'],
      [() => queue.assertDelayed(bill, '1m'), 'was to be pushed to run in 1m (60000 ms)'],
      [() => queue.assertNotPushed(bill), 'was not to be pushed'],
    ] as const)
      assert.equal(messageOf(assertion), `"bill" ${wanted}; ${once}`)
  })

  test('lists ten pushes, and says how many there are more', async t => {
    const { bill } = shopJobs()
    const app = await shop(t, { bill })
    const queue = fakeQueue(app)
    const orders = Array.from({ length: 12 }, (_, order) => ({ order }))
    await app.queue.pushMany(bill, orders)
    const message = messageOf(() => queue.assertNotPushed(bill))
    assert.match(message, /12 times:(\n.*){10}\n {2}and 2 more$/)
  })

  test('takes note of what a service pushes, also one that was made before it', async t => {
    const { bill } = shopJobs()
    const app = await shop(t, { bill })
    const till = { sell: (order: number) => app.queue.push(bill, { order }) }
    const queue = fakeQueue(app)
    await till.sell(7)
    queue.assertPushed(bill, { order: 7 })
  })

  test('comes before the connection is used; asked for twice, it sees the same pushes', async t => {
    const { bill } = shopJobs()
    const used = await shop(t, { bill })
    await runtimeOf(used).connection
    assert.throws(() => fakeQueue(used), { code: 'E_SERVICE_IN_USE' })
    const app = await shop(t, { bill })
    const [first, second] = [fakeQueue(app), fakeQueue(app)]
    await app.queue.push(bill, { order: 7 })
    first.clear()
    first.assertCount(0)
    second.assertCount(1)
    await assert.rejects(timeTravel(app, { from: at }), { code: 'E_SERVICE_IN_USE' })
  })

  test('a payload of JSON alone crosses as it is, and one with defaults as it was given', async t => {
    const payload = z.object({ limit: z.int().default(10) })
    const list = defineJob({ name: 'list', payload, run: () => null })
    const app = await shop(t, { list })
    const queue = fakeQueue(app)
    await app.queue.push(list)
    assert.deepEqual(queue.pushed(list)[0]?.payload, {})
  })
})
