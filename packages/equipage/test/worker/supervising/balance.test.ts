import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { QueueWait } from '../../../src/connection/index.ts'
import { nextMove } from '../../../src/worker/supervising/balance.ts'
import { Balancer } from '../../../src/worker/supervising/balancer.ts'
import { Supervisor } from '../../../src/worker/supervising/supervisor.ts'
import { capturedLog } from '../../support/captured-log.ts'
import { StubClock } from '../../support/stub-clock.ts'

/** `[waiting, processes]` of each queue, and for how long; all as long when that is left out. */
const loads = (queues: Record<string, [number, number, longestMs?: number]>) =>
  Object.entries(queues).map(([queue, [waiting, processes, longestMs = 10_000]]) => ({
    queue,
    waiting,
    processes,
    longestMs,
  }))

describe('the next move', () => {
  it('goes from where least waits to where most does', () => {
    const move = nextMove(loads({ mail: [0, 3], reports: [90, 1], images: [10, 2] }))
    assert.deepEqual(move, { from: 'mail', to: 'reports' })
  })

  it('goes to where a few have waited for long, away from where many have just come', () => {
    const move = nextMove(loads({ mail: [1_000, 3, 1_500], reports: [20, 1, 240_000] }))
    assert.deepEqual(move, { from: 'mail', to: 'reports' })
  })

  it('goes to where many have waited, away from where one has waited a little longer', () => {
    const move = nextMove(loads({ mail: [1_000, 1, 60_000], reports: [1, 3, 70_000] }))
    assert.deepEqual(move, { from: 'reports', to: 'mail' })
  })

  it('takes all that have waited for more than five minutes alike, and all that have just come', () => {
    const days = loads({ retried: [10, 3, 600_000_000], mail: [100, 1, 300_000] })
    assert.deepEqual(nextMove(days), { from: 'retried', to: 'mail' })
    const fresh = loads({ a: [10, 3, 900], b: [100, 1, 0] })
    assert.deepEqual(nextMove(fresh), { from: 'a', to: 'b' })
  })

  it('leaves every queue one process', () => {
    assert.equal(nextMove(loads({ mail: [0, 1], reports: [1_000, 1] })), undefined)
    assert.equal(nextMove(loads({ mail: [0, 1], reports: [1_000, 4] })), undefined)
  })

  it('is none while nothing waits', () => {
    assert.equal(nextMove(loads({ mail: [0, 3], reports: [0, 1] })), undefined)
  })

  it('is none while it is not worth a restart', () => {
    assert.equal(nextMove(loads({ mail: [50, 3], reports: [30, 1] })), undefined)
  })

  it('comes to an end: what waits in some proportion has its processes in that proportion', () => {
    const waiting: Record<string, number> = { a: 600, b: 300, c: 0 }
    const processes: Record<string, number> = { a: 1, b: 1, c: 9 }
    const now = () =>
      Object.keys(waiting).map(queue => ({
        queue,
        waiting: waiting[queue] ?? 0,
        longestMs: 5_000,
        processes: processes[queue] ?? 0,
      }))
    for (let move = nextMove(now()); move; move = nextMove(now())) {
      processes[move.from] = (processes[move.from] ?? 0) - 1
      processes[move.to] = (processes[move.to] ?? 0) + 1
    }
    assert.equal(processes['c'], 1)
    assert.equal((processes['a'] ?? 0) + (processes['b'] ?? 0), 10)
    const ratio = (processes['a'] ?? 0) / (processes['b'] ?? 1)
    assert.ok(ratio >= 1 && ratio <= 3, `${processes['a']} to ${processes['b']}`)
  })
})

describe('a balancer', () => {
  function balanced(waits: () => Promise<QueueWait[]>) {
    const clock = new StubClock()
    const { log } = capturedLog()
    const child = () => ({
      connected: true,
      once: () => undefined,
      on: () => undefined,
      send: () => undefined,
      disconnect: () => undefined,
      kill: () => undefined,
    })
    const options = { processes: 3, oneLife: false, queues: ['a', 'b'] }
    const supervisor = new Supervisor(options, { fork: child, log, clock })
    const balancer = new Balancer({ supervisor, waits, log, clock })
    const look = async () => {
      clock.advance(5_000)
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
    }
    return { supervisor, balancer, look, clock }
  }

  it('moves a process when two looks in a row say so, and no other until that one has moved', async () => {
    const { supervisor, balancer, look, clock } = balanced(async () => [
      { queue: 'a', waiting: 0, longestMs: 0 },
      { queue: 'b', waiting: 100, longestMs: 3_000 },
    ])
    await supervisor.start()
    balancer.start()
    await look()
    assert.equal(supervisor.moving, false)
    await look()
    assert.equal(supervisor.moving, true)
    for (let looks = 0; looks < 4; looks++) await look()
    assert.deepEqual(Object.fromEntries(supervisor.processesPerQueue()), { a: 1, b: 2 })
    await balancer.stop()
    assert.equal(clock.timers, 0)
  })

  it('moves nobody while the queues cannot be counted, and looks again', async () => {
    let looks = 0
    const { supervisor, balancer, look } = balanced(async () => {
      looks++
      throw new Error('away')
    })
    await supervisor.start()
    balancer.start()
    for (let times = 0; times < 3; times++) await look()
    assert.equal(looks, 3)
    assert.equal(supervisor.moving, false)
    await balancer.stop()
  })
})
