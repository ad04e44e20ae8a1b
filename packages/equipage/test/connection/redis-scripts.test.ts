import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, type TestContext, test } from 'node:test'
import { Queue as BullQueue, Worker as BullWorker } from 'bullmq'
import { Redis } from 'ioredis'
import { z } from 'zod'
import { understood as finishIsUnderstood } from '../../src/connection/redis/finish-script.ts'
import { understood as pushIsUnderstood } from '../../src/connection/redis/plain-pushes.ts'
import { processName } from '../../src/core/process-name.ts'
import { defineJob } from '../../src/job/index.ts'
import { eventually } from '../support/eventually.ts'
import { startRedis } from '../support/redis.ts'
import { keep, redisHarness } from './harness.ts'

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
  return { prefix, content: () => contentOf(client, prefix) }
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

function withoutTimes(fields: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (!times.has(name)) return [name, value]
      assert.match(value, /^\d{13}$/, `${name} is ${value}`)
      return [name, 'a time']
    }),
  )
}

suite('the scripts beside those of BullMQ', { concurrency: true }, () => {
  test('are written for the version of BullMQ that is installed', () => {
    assert.deepEqual([pushIsUnderstood, finishIsUnderstood], [true, true])
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
    assert.deepEqual(withoutEvents(own), withoutEvents(other))
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
    assert.deepEqual(withoutEvents(own), withoutEvents(other))
  })
})

interface Side {
  push(data: readonly { n: number; text: string }[]): Promise<unknown>
  /** Resolves when so many jobs have completed, and none is left. */
  ended(count: number): Promise<void>
}

/** What the same work leaves behind when our workers do it and when BullMQ's do. */
async function bothWorked(t: TestContext, work: (side: Side) => Promise<void>) {
  const [ours, theirs] = [looking(t), looking(t)]
  const run = ({ payload }: { payload: { n: number } }) => ({ doubled: 2 * payload.n })
  const job = defineJob({ name: 'plain', payload, run })
  const { queue, consume } = redisHarness({ ...server, prefix: ours.prefix })(t, [job])
  const bull = new BullQueue('default', { connection: server, prefix: theirs.prefix })
  t.after(() => bull.close())
  const worker = new BullWorker('default', async ({ data }) => run({ payload: data }), {
    connection: server,
    prefix: theirs.prefix,
    name: processName(),
    removeOnComplete: { age: keep.ageMs / 1_000, count: keep.count },
  })
  t.after(() => worker.close())
  await consume(1)
  const ended = (content: () => Promise<Record<string, unknown>>) => (count: number) =>
    eventually(async () => {
      const events = (await content())[':default:events'] as string[][] | undefined
      const names = events?.map(fields => fields[1]) ?? []
      assert.equal(names.filter(name => name === 'completed').length, count)
      assert.equal(names.at(-1), 'drained')
    })
  await Promise.all([
    work({ push: data => queue.pushMany(job, data), ended: ended(ours.content) }),
    work({
      push: data =>
        bull.addBulk(data.map(each => ({ name: 'plain', data: each, opts: { attempts: 1 } }))),
      ended: ended(theirs.content),
    }),
  ])
  return { own: await ours.content(), other: await theirs.content() }
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
