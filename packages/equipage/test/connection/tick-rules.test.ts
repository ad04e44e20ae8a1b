import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  afterClaim,
  afterHeartbeat,
  afterRegistration,
  type DeploymentState,
  endedRow,
  keptFrom,
  leaseOf,
  leasesAtHeartbeat,
  type ScheduleState,
} from '../../src/connection/index.ts'
import {
  aliveMs,
  callLeaseMs,
  deploymentsKept,
  leasesEndedAtOnce,
} from '../../src/connection/tick-memory.ts'
import { calling, nightly, row } from './conformance/tick-support.ts'

const schedule: ScheduleState = {
  definition: nightly.definition,
  anchor: 0,
  cursor: 0,
  pausedAt: null,
  holder: { call: 0 },
  waiting: 5,
}
const nobody: DeploymentState = { current: null, known: [], processes: [], lastHeartbeat: null }

/** What the conformance suites cannot reach: counts that take long, and instants to the millisecond. */
suite('the rules of ticks', { concurrency: true }, () => {
  test('a lease lasts until the millisecond before its end', () => {
    const call = { name: 'nightly', tick: 1 }
    const leases = [leaseOf(call, 0)]
    const last = leasesAtHeartbeat(leases, [call], callLeaseMs - 1)
    assert.deepEqual(last.renewed, [{ ...call, leasedUntil: 2 * callLeaseMs - 1 }])
    const over = leasesAtHeartbeat(leases, [call], callLeaseMs)
    assert.deepEqual(over, { renewed: [], lost: [call], interrupted: [call] })
  })

  test('of many leases that have run out a heartbeat ends the oldest', () => {
    const calls = Array.from({ length: leasesEndedAtOnce + 1 }, (_, n) => ({ name: 'x', tick: n }))
    const leases = calls.map(call => leaseOf(call, -call.tick))
    const { interrupted } = leasesAtHeartbeat(leases, [], callLeaseMs)
    assert.deepEqual(interrupted, calls.slice(1).reverse())
  })

  test('a process is alive until the millisecond before its time is over', () => {
    const { state } = afterRegistration(nobody, { id: 'old', process: 'host:1' }, 0)
    const { state: both } = afterRegistration(state, { id: 'new', process: 'host:2' }, 0)
    const report = { deployment: 'old', process: 'host:1', calls: [] }
    assert.equal(afterHeartbeat(both, report, aliveMs - 1).current, 'another')
    assert.equal(afterHeartbeat(both, report, aliveMs).current, 'none')
  })

  test('of more deployments than are remembered the first is forgotten, and is new when it comes back', () => {
    let state = nobody
    for (let n = 0; n <= deploymentsKept; n++) {
      state = afterRegistration(state, { id: `${n}`, process: `host:${n}` }, 0).state
    }
    assert.equal(state.known.length, deploymentsKept)
    assert.equal(afterRegistration(state, { id: '1', process: 'host:1' }, 0).isCurrent, false)
    assert.equal(afterRegistration(state, { id: '0', process: 'host:0' }, 0).isCurrent, true)
  })

  test('a process that registers another deployment no longer counts for the one before', () => {
    const { state } = afterRegistration(nobody, { id: 'old', process: 'host:1' }, 0)
    const { state: grown } = afterRegistration(state, { id: 'new', process: 'host:1' }, 0)
    assert.equal(afterRegistration(grown, { id: 'old', process: 'host:1' }, 0).isCurrent, true)
  })

  test('a claim without an overlap policy leaves the run that others wait for, and a later waiting tick', () => {
    const { state } = afterClaim(calling(nightly, 0, 3), schedule)
    assert.deepEqual(state, { ...schedule, cursor: 3 })
    const { state: past } = afterClaim(calling(nightly, 0, 5, { overlap: 'queue' }), schedule)
    assert.deepEqual(past, { ...schedule, cursor: 5, holder: { call: 5 }, waiting: null })
  })

  test('rows are kept by age from the last one written, and by count', () => {
    const retention = { ageMs: 10, count: 3 }
    assert.equal(keptFrom(100, undefined, retention), 90)
    assert.equal(keptFrom(100, 95, retention), 95)
    assert.equal(keptFrom(100, 80, retention), 90)
  })

  test('an error without a text leaves none in the row', () => {
    const end = { name: 'nightly', tick: 1, fate: 'failed', error: '', durationMs: 1.6 } as const
    const { error, durationMs } = endedRow(row(1, { fate: 'running' }), end)
    assert.deepEqual([error, durationMs], [null, 2])
  })
})
