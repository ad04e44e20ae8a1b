import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, type TestContext, test } from 'node:test'
import { Queue as BullQueue, Worker as BullWorker, FlowProducer, type JobsOptions } from 'bullmq'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { unknownScripts } from '../../../src/connection/redis/consuming/bull-functions.ts'
import { understood as pushIsUnderstood } from '../../../src/connection/redis/pushing/plain-pushes.ts'
import { processName } from '../../../src/core/process-name.ts'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { keep, redisHarness } from '../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

const payload = z.object({ n: z.int(), text: z.string() })
/** More than are kept. */
const payloads = Array.from({ length: keep.count + 20 }, (_, n) => ({ n, text: `"ñ" ${n}` }))

/** A prefix of its own, and all that stands under it. */
function looking(t: TestContext) {
  const prefix = `test-${randomUUID()}`
  const client = new Redis(server.port, server.host)
  t.after(() => client.disconnect())
  return { prefix, client, content: () => contentOf(client, prefix) }
}

/** Every key below a prefix with what it holds, without what differs from run to run. */
async function contentOf(client: Redis, prefix: string): Promise<Record<string, unknown>> {
  const names = await client.keys(`${prefix}:default:*`)
  const entries = names.sort().map(async name => {
    const own = name.slice(prefix.length)
    switch (await client.type(name)) {
      case 'hash':
        return [own, withoutTimes(await client.hgetall(name))]
      case 'list':
        return [own, await client.lrange(name, 0, -1)]
      case 'zset':
        // Those of the same millisecond stand in the order of their texts.
        return [own, (await client.zrange(name, '0', '-1')).sort((a, b) => Number(a) - Number(b))]
      case 'stream':
        return [own, (await client.xrange(name, '-', '+')).map(([, fields]) => fields)]
      default:
        return [own, await client.get(name)]
    }
  })
  return Object.fromEntries(await Promise.all(entries))
}

const times = new Set(['timestamp', 'processedOn', 'finishedOn'])
/** Fields that ours leaves beside BullMQ's. */
const ownFields = /^equipage:/

function withoutTimes(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !ownFields.test(name))
      .map(([name, value]) => {
        if (!times.has(name)) return [name, value]
        assert.match(value, /^\d{13}$/, `${name} is ${value}`)
        return [name, 'a time']
      }),
  )
}

suite('the scripts beside those of BullMQ', { concurrency: true }, () => {
  test('are written for the version of BullMQ that is installed', () => {
    assert.deepEqual([pushIsUnderstood, unknownScripts], [true, []])
  })

  test('leave behind what BullMQ leaves behind when it adds jobs', async t => {
    const [ours, theirs] = [looking(t), looking(t)]
    const job = defineJob({ name: 'plain', payload, run: () => 1 })
    const { queue } = redisHarness({ ...server, prefix: ours.prefix })(t, [job])
    await queue.pushMany(job, payloads)
    await queue.push(job, { n: -1, text: '' })
    const bull = new BullQueue('default', { connection: server, prefix: theirs.prefix })
    t.after(() => bull.close())
    for (const data of [...payloads, { n: -1, text: '' }])
      await bull.add('plain', data, { attempts: 1 })
    const [own, other] = [await ours.content(), await theirs.content()]
    assert.deepEqual(eventsByJob(own), eventsByJob(other))
    assert.deepEqual(withoutEvents(own), withoutEvents(other))
  })

  test('leave behind what BullMQ leaves behind when jobs complete', async t => {
    const { own, other } = await bothWorked(t, async ({ push, ended }) => {
      await push(payloads)
      await ended(payloads.length)
    })
    assert.equal((own[':default:completed'] as unknown[]).length, keep.count)
    assert.deepEqual(eventsByJob(own), eventsByJob(other))
    assert.deepEqual(settled(own), settled(other))
  })

  test('leave behind what BullMQ leaves behind when each job is the only one', async t => {
    const few = payloads.slice(0, 5)
    const { own, other } = await bothWorked(t, async ({ push, ended }) => {
      for (const [n, data] of few.entries()) {
        await push([data])
        await ended(n + 1)
      }
    })
    assert.deepEqual(eventsByJob(own), eventsByJob(other))
    assert.deepEqual(settled(own), settled(other))
  })
})

test('a job that is to be kept for no time at all is gone when it has completed', async t => {
  const { prefix, client } = looking(t)
  const job = defineJob({ name: 'plain', payload, run: () => null })
  const { consume } = redisHarness({ ...server, prefix })(t, [job])
  const bull = new BullQueue('default', { connection: server, prefix })
  t.after(() => bull.close())
  const { id } = await bull.add('plain', payloads[0], { removeOnComplete: { age: 0, count: 10 } })
  await consume(1)
  await eventually(async () => assert.equal(await client.exists(`${prefix}:default:${id}`), 0))
})

test('jobs of which a push cannot write everything do not wait without it', async t => {
  const { prefix, client } = looking(t)
  const job = defineJob({ name: 'plain', payload, run: () => null })
  const { queue } = redisHarness({ ...server, prefix })(t, [job])
  await client.set(`${prefix}:default:events`, 'not a stream')
  await assert.rejects(queue.pushMany(job, payloads), { code: 'E_CONNECTION_REPLY' })
  assert.equal(await client.llen(`${prefix}:default:wait`), 0)
})

suite('jobs that end together', { concurrency: true }, () => {
  const together = 40
  const some = payloads.slice(0, 2 * together)

  test('leave behind what BullMQ leaves behind, many of them by one script', async t => {
    const { own, other } = await bothWorkedTogether(t, together, some)
    assert.deepEqual(eventsByJob(own), eventsByJob(other))
    assert.deepEqual(settled(own), settled(other))
  })

  test('leave behind what BullMQ leaves behind when flows, priorities and keys are among them', async t => {
    const [ours, theirs] = [looking(t), looking(t)]
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const run = async (which: 0 | 1) => {
      await gates[which]?.promise
      return 'done'
    }
    const job = defineJob({ name: 'plain', run: () => run(0) })
    const { consume } = redisHarness({ ...server, prefix: ours.prefix })(t, [job])
    const count = 60 + 11 + 5 + 4
    for (const { prefix } of [ours, theirs]) await addMixed(t, prefix)
    await consume(together)
    const worker = new BullWorker('default', () => run(1), {
      ...{ connection: server, prefix: theirs.prefix, concurrency: together },
      ...{ name: processName(), removeOnComplete: { age: 3_600, count: keep.count } },
    })
    t.after(() => worker.close())
    const contents: Record<string, unknown>[] = []
    for (const [index, { client, prefix, content }] of [ours, theirs].entries()) {
      const key = (name: string) => `${prefix}:default:${name}`
      await eventually(async () => assert.equal(await client.llen(key('active')), together))
      gates[index]?.resolve()
      await eventually(async () => {
        const events = (await content())[':default:events'] as string[][]
        assert.equal(events.filter(([, name]) => name === 'completed').length, count)
        assert.equal(events.at(-1)?.[1], 'drained')
        // A worker that finds nothing left takes the counter of priorities away.
        assert.equal(await client.exists(key('pc')), 0)
      })
      const text = JSON.stringify(await content()).replaceAll(prefix, 'prefix')
      const found = JSON.parse(text) as Record<string, unknown>
      contents.push({
        ...found,
        ':default:completed': (found[':default:completed'] as string[]).sort(),
      })
    }
    const [own = {}, other = {}] = contents
    assert.deepEqual(eventsByJob(own), eventsByJob(other))
    assert.deepEqual(settled(own), settled(other))
  })

  test('are kept no more than the queue keeps, all of them together', async t => {
    const { own } = await bothWorkedTogether(t, together, payloads)
    const kept = own[':default:completed'] as string[]
    assert.equal(kept.length, keep.count)
    const jobs = Object.keys(own).filter(name => /^:default:\d+$/.test(name))
    assert.deepEqual(jobs.toSorted(), kept.map(id => `:default:${id}`).toSorted())
  })

  test('complete beside one that has lost its lock, and one whose attempts cannot be counted', async t => {
    const { prefix, client } = looking(t)
    const gate = Promise.withResolvers<void>()
    const job = defineJob({ name: 'plain', payload, run: () => gate.promise })
    const { queue, consume } = redisHarness({ ...server, prefix })(t, [job])
    const key = (name: string) => `${prefix}:default:${name}`
    const [lost, ...others] = (await queue.pushMany(job, some)).map(({ id }) => id)
    const [broken] = others
    assert.ok(lost && broken)
    await consume(together)
    await eventually(async () => assert.equal(await client.llen(key('active')), together))
    await client.set(key(`${lost}:lock`), 'of another worker')
    await client.hset(key(broken), 'atm', 'many')
    gate.resolve()
    await eventually(async () =>
      assert.deepEqual(
        (await client.zrange(key('completed'), '0', '-1')).toSorted(),
        others.toSorted(),
      ),
    )
    assert.ok((await client.lrange(key('active'), 0, -1)).includes(lost))
    assert.equal(await client.get(key(`${lost}:lock`)), 'of another worker')
    assert.equal(await client.hget(key(broken), 'atm'), '1')
  })

  test('complete beside one that is next and cannot be read, which fails', async t => {
    const { prefix, client, content } = looking(t)
    const gate = Promise.withResolvers<void>()
    const job = defineJob({ name: 'plain', payload, run: () => gate.promise })
    const { queue, consume } = redisHarness({ ...server, prefix })(t, [job])
    const key = (name: string) => `${prefix}:default:${name}`
    const ids = (await queue.pushMany(job, some)).map(({ id }) => id)
    const unreadable = ids[together + 10] ?? ''
    await client.hset(key(unreadable), 'ats', 'many')
    await consume(together)
    await eventually(async () => assert.equal(await client.llen(key('active')), together))
    gate.resolve()
    await eventually(async () => assert.equal(await client.zcard(key('completed')), ids.length - 1))
    await eventually(async () =>
      assert.deepEqual(await client.zrange(key('failed'), '0', '-1'), [unreadable]),
    )
    const everything = await content()
    const completed = (everything[':default:events'] as string[][])
      .filter(([, event]) => event === 'completed')
      .map(([, , , id]) => id)
    assert.deepEqual(completed.toSorted(), ids.filter(id => id !== unreadable).toSorted())
    for (const id of completed) {
      const { returnvalue, finishedOn } = everything[`:default:${id}`] as Record<string, string>
      assert.deepEqual([returnvalue, finishedOn], ['null', 'a time'])
    }
  })

  test('leave behind what BullMQ leaves behind when they and their results are large', async t => {
    const text = 'ñ'.repeat(100_000)
    const large = some.map(({ n }) => ({ n, text }))
    // As large as a result may be that stands in the stream of events too.
    const { own, other } = await bothWorkedTogether(t, together, large, 'ñ'.repeat(8_000))
    assert.deepEqual(eventsByJob(own), eventsByJob(other))
    assert.deepEqual(settled(own), settled(other))
  })
})

/** Jobs of plain BullMQ: plain ones, a flow, and some with a priority, a key, and that are not kept. */
async function addMixed(t: TestContext, prefix: string): Promise<void> {
  const bull = new BullQueue('default', { connection: server, prefix })
  const flows = new FlowProducer({ connection: server, prefix })
  t.after(() => Promise.all([bull.close(), flows.close()]))
  const add = (count: number, optsOf: (n: number) => JobsOptions) =>
    bull.addBulk(
      Array.from({ length: count }, (_, n) => ({ name: 'plain', data: {}, opts: optsOf(n) })),
    )
  await add(30, () => ({}))
  const named = (jobId: string) => ({
    ...{ name: 'plain', queueName: 'default', data: {}, opts: { jobId } },
  })
  const children = Array.from({ length: 10 }, (_, n) => named(`child-${n}`))
  await flows.add({ ...named('parent'), children })
  await add(2, n => ({ jobId: `keyed-${n}`, deduplication: { id: `key-${n}` } }))
  await add(2, n => ({ jobId: `forgotten-${n}`, removeOnComplete: true }))
  await add(5, n => ({ jobId: `prior-${n}`, priority: 1 + n }))
  await add(30, () => ({}))
}

interface Side {
  push(data: readonly { n: number; text: string }[]): Promise<unknown>
  /** Resolves when so many jobs run at a time. */
  running(count: number): Promise<void>
  /** Resolves when so many jobs have completed, and none is left. */
  ended(count: number): Promise<void>
}

/** What the same work leaves behind when our workers do it and when BullMQ's do. */
async function bothWorked(
  t: TestContext,
  work: (side: Side, which: 0 | 1) => Promise<void>,
  jobs: { concurrency: number; run(which: 0 | 1): unknown; text?: string } = {
    concurrency: 1,
    run: () => null,
  },
) {
  const [ours, theirs] = [looking(t), looking(t)]
  const run = async (which: 0 | 1, n: number) => {
    await jobs.run(which)
    return { doubled: 2 * n, text: jobs.text ?? '' }
  }
  const job = defineJob({ name: 'plain', payload, run: ({ payload: { n } }) => run(0, n) })
  const { queue, consume } = redisHarness({ ...server, prefix: ours.prefix })(t, [job])
  const bull = new BullQueue('default', { connection: server, prefix: theirs.prefix })
  t.after(() => bull.close())
  const worker = new BullWorker('default', ({ data }) => run(1, data.n), {
    connection: server,
    prefix: theirs.prefix,
    concurrency: jobs.concurrency,
    name: processName(),
    removeOnComplete: { age: keep.ageMs / 1_000, count: keep.count },
  })
  t.after(() => worker.close())
  await consume(jobs.concurrency)
  const ended = (content: () => Promise<Record<string, unknown>>) => (count: number) =>
    eventually(async () => {
      const events = (await content())[':default:events'] as string[][] | undefined
      const names = events?.map(fields => fields[1]) ?? []
      assert.equal(names.filter(name => name === 'completed').length, count)
      assert.equal(names.at(-1), 'drained')
    })
  const running = (content: () => Promise<Record<string, unknown>>) => (count: number) =>
    eventually(async () =>
      assert.equal(((await content())[':default:active'] as string[] | undefined)?.length, count),
    )
  const own: Side = {
    push: data => queue.pushMany(job, data),
    running: running(ours.content),
    ended: ended(ours.content),
  }
  const other: Side = {
    push: data =>
      bull.addBulk(data.map(each => ({ name: 'plain', data: each, opts: { attempts: 1 } }))),
    running: running(theirs.content),
    ended: ended(theirs.content),
  }
  await Promise.all([work(own, 0), work(other, 1)])
  return { own: await ours.content(), other: await theirs.content() }
}

/** The same, with so many jobs at a time, which do not end before all of them run. */
function bothWorkedTogether(t: TestContext, concurrency: number, data: typeof payloads, text = '') {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const work = async ({ push, running, ended }: Side, which: 0 | 1) => {
    await push(data)
    await running(concurrency)
    gates[which]?.resolve()
    await ended(data.length)
  }
  return bothWorked(t, work, { concurrency, run: which => gates[which]?.promise, text })
}

/** Without what a worker that waits takes away again. */
function settled({ ':default:marker': _, ...others }: Record<string, unknown>) {
  return withoutEvents(others)
}

function withoutEvents({
  ':default:events': _,
  ':default:stalled-check': __,
  ...others
}: Record<string, unknown>) {
  return others
}

/** The events of each job in their order; in between those of others may stand. */
function eventsByJob(content: Record<string, unknown>): Record<string, string[][]> {
  const byJob: Record<string, string[][]> = {}
  for (const fields of content[':default:events'] as string[][]) {
    const id = fields[fields.indexOf('jobId') + 1] ?? ''
    byJob[id] ??= []
    byJob[id].push(fields)
  }
  return byJob
}
