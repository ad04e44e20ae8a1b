import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasTicks, latestTicks } from '../../../src/cli/schedule/planned-ticks.ts'
import { inMadrid } from '../../schedule/support/timetables.ts'
import { on } from '../support/ledger-rows.ts'

const { timetable } = inMadrid()
const every = (minutes: number) => timetable.every(minutes).minutes.do(() => {}).schedule.timing
const times = (ticks: readonly number[]) =>
  ticks.map(tick => new Date(tick).toISOString().slice(11, 16))

describe('the latest ticks of a span', () => {
  it('include those at both its ends, in their order', () => {
    const span = { from: on('09:10'), to: on('09:40') }
    assert.deepEqual(times(latestTicks(every(10), on('09:00'), span, 9)), [
      '09:10',
      '09:20',
      '09:30',
      '09:40',
    ])
    assert.deepEqual(times(latestTicks(every(10), on('09:00'), span, 2)), ['09:30', '09:40'])
  })

  it('are found far from its beginning, however many there are', () => {
    const timing = timetable.every().millisecond.do(() => {}).schedule.timing
    const span = { from: on('09:00') - 365 * 86_400_000, to: on('12:00') }
    assert.deepEqual(latestTicks(timing, span.from, span, 2), [on('12:00') - 1, on('12:00')])
  })

  it('are found across a long time without any', () => {
    const timing = timetable.cron('* 3 * * *').do(() => {}).schedule.timing
    const span = { from: on('00:00'), to: on('23:00') }
    assert.deepEqual(times(latestTicks(timing, on('00:00'), span, 2)), ['02:58', '02:59'])
  })

  it('are none where there is none, also for a timing with a single tick', () => {
    const span = { from: on('09:01'), to: on('09:09') }
    assert.deepEqual(latestTicks(every(10), on('09:00'), span, 5), [])
    const once = timetable.once('2026-12-24').do(() => {}).schedule.timing
    assert.deepEqual(latestTicks(once, on('09:00'), span, 5), [])
  })
})

describe('a span that begins and ends with a tick', () => {
  const has = (from: string, to: string, count: number) =>
    hasTicks(every(10), on('09:00'), { from: on(from), to: on(to) }, count)

  it('has as many ticks as it has, and no other number', () => {
    assert.deepEqual(
      [1, 2, 3, 4, 5].map(count => has('09:10', '09:40', count)),
      [false, false, false, true, false],
    )
    assert.deepEqual(
      [1, 2].map(count => has('09:10', '09:10', count)),
      [true, false],
    )
  })

  it('is none that begins or ends beside one', () => {
    assert.equal(has('09:09', '09:40', 4), false)
    assert.equal(has('09:10', '09:41', 4), false)
    assert.equal(has('08:50', '09:10', 3), false)
  })
})
