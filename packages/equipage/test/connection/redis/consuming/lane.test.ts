import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { JobEnd } from '../../../../src/connection/redis/consuming/job-end.ts'
import { Lane } from '../../../../src/connection/redis/consuming/lane.ts'

function laneOf(concurrency: number, limit = Number.POSITIVE_INFINITY) {
  let drawn = 0
  let asked = 0
  const lane = new Lane({
    concurrency,
    drawRun: () => `run-${++drawn}`,
    left: () => limit - asked,
  })
  return {
    lane,
    /** Asks as a consumer does, which counts what it asks for. */
    next() {
      const call = lane.next()
      asked += call?.runs.length ?? 0
      return call
    },
  }
}

const ended = (id: string, result = 'null'): JobEnd => [
  'c',
  id,
  `run-of-${id}`,
  '1',
  result,
  '',
  '',
  '',
]
const nothing = { taken: 0, more: false, limitedMs: 0 }

suite('the lane of a queue', () => {
  test('says nothing before there may be a job', () => {
    const { lane, next } = laneOf(2)
    assert.equal(next(), undefined)
    assert.equal(lane.idle, true)
    lane.wake()
    assert.equal(lane.idle, false)
  })

  test('asks for as many jobs as it has room for, by a run id each, in one call at a time', () => {
    const { lane, next } = laneOf(3)
    lane.wake()
    assert.deepEqual(next(), { number: 1, runs: ['run-1', 'run-2', 'run-3'], ends: [] })
    lane.wake()
    assert.equal(next(), undefined)
    lane.answered({ taken: 2, more: true, limitedMs: 0 })
    assert.deepEqual(next()?.runs, ['run-4'])
  })

  test('is idle when it was told that nothing is left, and has room', () => {
    const { lane, next } = laneOf(2)
    lane.wake()
    next()
    lane.answered({ taken: 1, more: false, limitedMs: 0 })
    assert.equal(lane.idle, true)
    assert.equal(next(), undefined)
    lane.wake()
    next()
    lane.answered({ taken: 1, more: false, limitedMs: 0 })
    assert.equal(lane.idle, false)
  })

  test('sends the ends of a turn together, and asks with them for jobs in their places', () => {
    const { lane, next } = laneOf(2)
    lane.wake()
    next()
    lane.answered({ taken: 2, more: true, limitedMs: 0 })
    assert.equal(next(), undefined)
    lane.add(ended('a'))
    lane.add(ended('b'))
    const call = next()
    assert.deepEqual(
      call?.ends.map(([, id]) => id),
      ['a', 'b'],
    )
    assert.equal(call?.runs.length, 2)
  })

  test('holds the places of ends that are not on record yet', () => {
    const { lane, next } = laneOf(1)
    lane.wake()
    next()
    lane.answered({ taken: 1, more: true, limitedMs: 0 })
    lane.add(ended('a'))
    assert.equal(next()?.ends.length, 1)
    assert.equal(lane.held, 1)
    lane.answered(nothing)
    assert.equal(lane.held, 0)
  })

  test('numbers its calls, and takes a higher number when the server knows one', () => {
    const { lane, next } = laneOf(1)
    lane.wake()
    assert.equal(next()?.number, 1)
    assert.equal(lane.restart(7)?.number, 8)
    lane.answered(nothing)
    lane.wake()
    assert.equal(next()?.number, 9)
  })

  test('does not ask while a rate limit holds, but with an end, and when it is woken', () => {
    const { lane, next } = laneOf(3)
    lane.wake()
    next()
    lane.answered({ taken: 1, more: false, limitedMs: 500 })
    assert.equal(lane.idle, false)
    assert.equal(next(), undefined)
    lane.add(ended('a'))
    assert.equal(next()?.runs.length, 3)
    lane.answered({ taken: 0, more: false, limitedMs: 400 })
    assert.equal(lane.idle, false)
    lane.wake()
    assert.equal(next()?.runs.length, 3)
    lane.answered(nothing)
    assert.equal(lane.idle, true)
  })

  test('takes no more jobs once it is closed, and sends what ends', () => {
    const { lane, next } = laneOf(2)
    lane.wake()
    next()
    lane.answered({ taken: 1, more: true, limitedMs: 0 })
    lane.close()
    assert.equal(next(), undefined)
    lane.add(ended('a'))
    assert.deepEqual(next()?.runs, [])
  })

  test('asks for no more attempts than the consumer may begin', () => {
    const { lane, next } = laneOf(5, 3)
    lane.wake()
    assert.equal(next()?.runs.length, 3)
    lane.answered({ taken: 3, more: true, limitedMs: 0 })
    lane.add(ended('a'))
    assert.deepEqual(next()?.runs, [])
  })

  test('sends at most 64 ends and a million characters of results in one call, and one that is larger alone', () => {
    const { lane, next } = laneOf(200)
    for (let n = 0; n < 100; n++) lane.add(ended(`${n}`))
    assert.equal(next()?.ends.length, 64)
    lane.answered(nothing)
    assert.equal(next()?.ends.length, 36)
    lane.answered(nothing)
    lane.add(ended('large', 'x'.repeat(1_500_000)))
    lane.add(ended('half', 'x'.repeat(600_000)))
    lane.add(ended('half too', 'x'.repeat(600_000)))
    for (let left = 3; left > 0; left--) {
      assert.equal(next()?.ends.length, 1)
      lane.answered(nothing)
    }
  })
})
