import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { runtimeOf } from '../../src/app/index.ts'
import { findApp } from '../../src/cli/processes/find-app.ts'
import type { WorkerReport } from '../../src/connection/index.ts'
import { jsonOf, runCommand } from './support/run-command.ts'
import { shop } from './support/shop.ts'

/** Workers as they would have told of themselves in this moment. */
async function posted(folder: string, ...reports: Partial<WorkerReport>[]): Promise<void> {
  const app = await findApp(folder)
  try {
    const { workers } = await runtimeOf(app).connection
    const at = Date.now()
    for (const [index, differs] of reports.entries()) {
      await workers.report({
        id: String(index),
        process: `host:${index}`,
        startedAt: at - 3_600_000,
        at,
        queues: ['default', 'reports'],
        concurrency: 10,
        active: 0,
        running: [],
        ended: 0,
        memoryBytes: 81_234_567,
        ...differs,
      })
    }
  } finally {
    await app.dispose()
  }
}

const running = (id: number, startedAt: number) => ({
  id: String(id),
  name: 'report',
  queue: 'reports',
  attempt: 1,
  startedAt,
})

describe('equipage worker list', () => {
  it('says that no worker is alive', async t => {
    const folder = shop(t)
    assert.equal((await runCommand(folder, 'worker', 'list')).text, 'no worker is alive')
    assert.deepEqual(await jsonOf(folder, 'worker', 'list'), [])
  })

  it('shows each worker with its queues, its memory and what it works on', async t => {
    const folder = shop(t)
    const now = Date.now()
    const jobs = [1, 2, 3].map(id => running(id, now - 65_000))
    await posted(folder, { active: 5, running: jobs, ended: 12 }, { queues: ['reports'] })
    const [, , first, second] = (await runCommand(folder, 'worker', 'list')).text.split('\n')
    assert.match(
      first ?? '',
      /^host:0 +1h( \d+s)? +default, reports +10 +12 +81 MB +report 1 \(1m \d+s\), report 2 \(1m \d+s\), report 3 \(1m \d+s\), 2 more$/,
    )
    assert.match(second ?? '', /^host:1 +1h( \d+s)? +reports +10 +0 +81 MB +nothing$/)
  })

  it('gives instants in UTC as JSON', async t => {
    const folder = shop(t)
    const startedAt = Date.parse('2026-11-21T09:00:00Z')
    await posted(folder, { startedAt, active: 1, running: [running(7, startedAt + 1_500)] })
    const [worker] = await jsonOf(folder, 'worker', 'list')
    assert.equal(worker.startedAt, '2026-11-21T09:00:00.000Z')
    assert.equal(worker.running[0].startedAt, '2026-11-21T09:00:01.500Z')
    assert.match(worker.at, /Z$/)
    assert.deepEqual(
      { id: worker.id, process: worker.process, active: worker.active },
      { id: '0', process: 'host:0', active: 1 },
    )
  })
})
