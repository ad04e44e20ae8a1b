import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { after, suite, type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { createBullBoard } from '@bull-board/api'
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter'
import { HonoAdapter } from '@bull-board/hono'
import { serve } from '@hono/node-server'
import { serveStatic } from '@hono/node-server/serve-static'
import { Queue as BullQueue } from 'bullmq'
import { Hono } from 'hono'
import { z } from 'zod'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startRedis } from '../../support/redis.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { redisHarness } from '../conformance/harness.ts'

const server = await startRedis()
after(() => server.stop())

const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(path => existsSync(path))

interface BoardQueue {
  readonly name: string
  readonly counts: Record<string, number>
  readonly jobs: readonly {
    readonly id: string
    readonly name: string
    readonly data: unknown
    readonly returnValue: unknown
    readonly failedReason?: string
  }[]
}

/** An application some of whose jobs have ended, and Bull Board over its queues, as the guide sets it up. */
async function registry(t: TestContext) {
  const prefix = `test-${randomUUID()}`
  const note = defineJob({
    name: 'note',
    payload: z.object({ text: z.string() }),
    run: ({ payload }) => ({ noted: payload.text }),
  })
  let runs = 0
  const failing = defineJob({
    name: 'failing',
    queue: 'reports',
    run() {
      runs++
      throw new Error('the report is gone')
    },
  })
  const harness = redisHarness({ ...server, prefix })(t, [note, failing])
  await harness.consume()
  await harness.queue.push(note, { text: 'what is to be seen' })
  await harness.queue.pushIn('1h', note, { text: 'later' })
  const { id } = await harness.queue.push(failing)
  await eventually(async () => {
    const [others, reports] = await harness.queue.counts()
    assert.deepEqual([others?.completed, others?.delayed, reports?.failed], [1, 1, 1])
  })

  const queues = ['default', 'reports'].map(
    name => new BullQueue(name, { connection: server, prefix }),
  )
  const adapter = new HonoAdapter(serveStatic)
  createBullBoard({ queues: queues.map(queue => new BullMQAdapter(queue)), serverAdapter: adapter })
  adapter.setBasePath('/board')
  const { fetch: handle } = new Hono().route('/board', adapter.registerPlugin())
  const http = serve({ fetch: handle, hostname: '127.0.0.1', port: 0 })
  await once(http, 'listening')
  t.after(async () => {
    http.close()
    for (const queue of queues) await queue.close()
  })
  const { port } = http.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/board`, failedId: id, runs: () => runs }
}

async function queuesOf(url: string, active: string, status: string): Promise<BoardQueue[]> {
  const query = new URLSearchParams({ activeQueue: active, status, page: '1', jobsPerPage: '10' })
  const response = await fetch(`${url}/api/queues?${query}`)
  assert.equal(response.status, 200)
  return ((await response.json()) as { queues: BoardQueue[] }).queues
}

suite('Bull Board over our queues', { concurrency: true }, () => {
  test('shows them with their counts, and jobs with their data, results and errors', async t => {
    const { url } = await registry(t)
    const [first, second] = await queuesOf(url, 'default', 'completed')
    assert.deepEqual([first?.name, second?.name], ['default', 'reports'])
    assert.deepEqual([first?.counts['completed'], first?.counts['delayed']], [1, 1])
    assert.equal(second?.counts['failed'], 1)
    const [done] = first?.jobs ?? []
    assert.deepEqual(
      [done?.name, done?.data, done?.returnValue],
      ['note', { text: 'what is to be seen' }, { noted: 'what is to be seen' }],
    )
    const [, reports] = await queuesOf(url, 'reports', 'failed')
    assert.equal(reports?.jobs[0]?.failedReason, 'the report is gone')
  })

  test('retries a failed job, which runs again', async t => {
    const { url, failedId, runs } = await registry(t)
    const retry = await fetch(`${url}/api/queues/reports/${failedId}/retry`, { method: 'PUT' })
    assert.ok(retry.ok, `${retry.status}`)
    await eventually(async () => {
      assert.equal(runs(), 2)
      assert.equal((await queuesOf(url, 'reports', 'failed'))[1]?.counts['failed'], 1)
    })
  })

  test('draws its page in a browser', { skip: chromium ? false : 'no chromium here' }, async t => {
    const { url } = await registry(t)
    const args = [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      `--user-data-dir=${temporaryFolder(t)}`,
      // The page asks for fonts elsewhere.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ...['--virtual-time-budget=20000', '--dump-dom', `${url}/queue/default?status=completed`],
    ]
    await eventually(async () => {
      const { stdout } = await promisify(execFile)(chromium ?? '', args)
      for (const text of ['default', 'reports', 'note'])
        assert.match(stdout, new RegExp(`>${text}<`))
    }, 120_000)
  })
})
