import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type WorkerReport, workerLeaseMs } from '../../../src/connection/index.ts'
import type { MakeHarness } from './harness.ts'

function report(id: string, differs: Partial<WorkerReport> = {}): WorkerReport {
  return {
    id,
    process: `host:${id}`,
    startedAt: 1_000,
    at: 2_000,
    queues: ['default', 'reports'],
    concurrency: 3,
    active: 1,
    running: [{ id: '7', name: 'report', queue: 'reports', attempt: 2, startedAt: 1_500 }],
    ended: 12,
    memoryBytes: 80_000_000,
    ...differs,
  }
}

/** What every connection holds about the notices of workers; the same code runs on each. */
export function workerRegistryConformance(name: string, make: MakeHarness): void {
  suite(`the board of workers over ${name}`, { concurrency: true }, () => {
    test('without workers it is empty, and taking down what is not there is fine', async t => {
      const { workers } = make(t, []).connection
      assert.deepEqual(await workers.reports(), [])
      await workers.remove('nobody')
    })

    test('every process reads what a worker posted, word for word', async t => {
      const one = make(t, [])
      await one.connection.workers.report(report('a'))
      assert.deepEqual(await one.sibling().connection.workers.reports(), [report('a')])
    })

    test('a notice takes the place of the one before, and they stand in the order of their starts', async t => {
      const { workers } = make(t, []).connection
      await workers.report(report('a', { startedAt: 3_000 }))
      await workers.report(report('b', { startedAt: 2_000 }))
      await workers.report(report('c', { startedAt: 2_000 }))
      await workers.report(report('a', { startedAt: 3_000, running: [] }))
      const found = await workers.reports()
      assert.deepEqual(
        found.map(({ id, running }) => [id, running.length]),
        [
          ['b', 1],
          ['c', 1],
          ['a', 0],
        ],
      )
    })

    test('a worker that leaves takes its own notice down, and no other', async t => {
      const { workers } = make(t, []).connection
      await workers.report(report('a'))
      await workers.report(report('b'))
      await workers.remove('a')
      assert.deepEqual(await workers.reports(), [report('b')])
    })

    test('a worker that falls silent is gone when its lease is over, and one that goes on stays', async t => {
      const { connection, pass } = make(t, [])
      // With it the connection learns its own time, which `pass` counts on.
      await connection.ticks.register({ id: 'release', process: 'host:1', entries: [] })
      const { workers } = connection
      await workers.report(report('silent'))
      await workers.report(report('alive'))
      await pass(workerLeaseMs / 3)
      await workers.report(report('alive'))
      await pass((workerLeaseMs * 2) / 3 + 100)
      assert.deepEqual(await workers.reports(), [report('alive')])
    })
  })
}
