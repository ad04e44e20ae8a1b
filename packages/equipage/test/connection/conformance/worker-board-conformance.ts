import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { type WorkerNotice, workerLeaseMs } from '../../../src/connection/index.ts'
import type { MakeHarness } from './harness.ts'

function notice(id: string, differs: Partial<WorkerNotice> = {}): WorkerNotice {
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
export function workerBoardConformance(name: string, make: MakeHarness): void {
  suite(`the board of workers over ${name}`, { concurrency: true }, () => {
    test('without workers it is empty, and taking down what is not there is fine', async t => {
      const { workers } = make(t, []).connection
      assert.deepEqual(await workers.notices(), [])
      await workers.remove('nobody')
    })

    test('every process reads what a worker posted, word for word', async t => {
      const one = make(t, [])
      await one.connection.workers.post(notice('a'))
      assert.deepEqual(await one.sibling().connection.workers.notices(), [notice('a')])
    })

    test('a notice takes the place of the one before, and they stand in the order of their starts', async t => {
      const { workers } = make(t, []).connection
      await workers.post(notice('a', { startedAt: 3_000 }))
      await workers.post(notice('b', { startedAt: 2_000 }))
      await workers.post(notice('c', { startedAt: 2_000 }))
      await workers.post(notice('a', { startedAt: 3_000, running: [] }))
      const found = await workers.notices()
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
      await workers.post(notice('a'))
      await workers.post(notice('b'))
      await workers.remove('a')
      assert.deepEqual(await workers.notices(), [notice('b')])
    })

    test('a worker that falls silent is gone when its lease is over, and one that goes on stays', async t => {
      const { connection, pass } = make(t, [])
      // With it the connection learns its own time, which `pass` counts on.
      await connection.ticks.register({ id: 'release', process: 'host:1', entries: [] })
      const { workers } = connection
      await workers.post(notice('silent'))
      await workers.post(notice('alive'))
      await pass(workerLeaseMs / 3)
      await workers.post(notice('alive'))
      await pass((workerLeaseMs * 2) / 3 + 100)
      assert.deepEqual(await workers.notices(), [notice('alive')])
    })
  })
}
