import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, suite, type TestContext, test } from 'node:test'
import { Redis } from 'ioredis'
import { defineJob } from '../../../src/job/index.ts'
import { cutProxy } from '../../support/cut-proxy.ts'
import { eventually } from '../../support/eventually.ts'
import { type RedisServer, startRedis } from '../../support/redis.ts'
import { redisHarness } from '../conformance/harness.ts'

const server = await startRedis()
/** One that may be without memory for a while. */
const full = await startRedis({ args: ['--maxmemory-policy', 'noeviction'] })
/** One that may be a replica for a while. */
const demoted = await startRedis()
after(() => Promise.all([server.stop(), full.stop(), demoted.stop()]))

interface Held {
  /** A client beside that of the jobs. */
  readonly client: Redis
  readonly lines: readonly { msg: string }[]
  /** Lets every job end. */
  open(): void
  /** Resolves when each of them has completed; it fails when one ran more than once. */
  completed(): Promise<void>
}

/**
 * Pushes jobs and begins to run them; none ends before it is let, and as many run as may.
 * @param count how many jobs there are
 * @param where where they find Redis, if not at the server itself
 */
async function held(
  t: TestContext,
  redis: RedisServer,
  { concurrency, count, where = redis }: Sizes & { where?: { host: string; port: number } },
): Promise<Held> {
  const client = new Redis(redis.port, redis.host)
  t.after(() => client.disconnect())
  const prefix = `test-${randomUUID()}`
  const gate = Promise.withResolvers<void>()
  const ran: string[] = []
  const job = defineJob({
    name: 'plain',
    async run({ jobId }) {
      ran.push(jobId)
      await gate.promise
    },
  })
  const { host, port } = where
  const { queue, consume, lines } = redisHarness({ host, port, prefix })(t, [job])
  const receipts = await queue.pushMany(
    job,
    Array.from({ length: count }, () => ({})),
  )
  await consume(concurrency)
  await eventually(() => assert.equal(ran.length, concurrency))
  return {
    client,
    lines,
    open: () => gate.resolve(),
    async completed() {
      const key = `${prefix}:default:completed`
      await eventually(async () => assert.equal(await client.zcard(key), count))
      assert.deepEqual(ran.toSorted(), receipts.map(({ id }) => id).toSorted())
    },
  }
}

interface Sizes {
  readonly concurrency: number
  readonly count: number
}

/** They complete one by one, and many by one script. */
for (const concurrency of [3, 40]) {
  suite(`${concurrency} jobs that end at a time`, () => {
    test('complete, and the next ones begin, while Redis has no memory left', async t => {
      const { client, open, completed } = await held(t, full, {
        concurrency,
        count: 2 * concurrency,
      })
      await client.config('SET', 'maxmemory', 1)
      open()
      await completed()
      await client.config('SET', 'maxmemory', 0)
    })

    test('complete when the server, a replica for a while, takes writes again', async t => {
      const { client, open, completed } = await held(t, demoted, {
        concurrency,
        count: concurrency,
      })
      await client.call('REPLICAOF', '127.0.0.1', '1')
      await client.config('RESETSTAT')
      open()
      await eventually(async () => assert.match(await client.info('errorstats'), /READONLY/))
      await client.call('REPLICAOF', 'NO', 'ONE')
      await completed()
    })

    test('complete, and the next ones run at once and once, when the connection breaks before the answer', async t => {
      const proxy = await cutProxy(server)
      t.after(() => proxy.close())
      const sizes = { concurrency, count: 2 * concurrency }
      const { lines, open, completed } = await held(t, server, { ...sizes, where: proxy })
      proxy.cutAfter(1)
      open()
      await completed()
      assert.deepEqual(
        lines.filter(({ msg }) => msg === 'worker error'),
        [],
      )
    })
  })
}
