import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Known, tickFates } from '../../../src/cli/schedule/tick-fates.ts'
import { endOfTime } from '../../../src/schedule/firing/end-of-time.ts'
import { inMadrid } from '../../schedule/support/timetables.ts'
import { on, row, state } from '../support/ledger-rows.ts'

const { timetable } = inMadrid()
const tenMinutes = timetable.every(10).minutes.do(() => {}).schedule.timing
const wildcard = timetable.cron('*/10 * * * *').do(() => {}).schedule.timing

/** The fates from 09:00 to 10:00 of a schedule that was registered at 09:00. */
function fates(differs: Partial<Known>): { told: string[]; more: boolean } {
  const span = { from: on('09:00'), to: on('10:00') }
  const blank = { timing: tenMinutes, state: state('10:00'), rows: [], span, limit: 100 }
  const { ticks, more } = tickFates({ ...blank, ...differs })
  const time = (instant: number) => new Date(instant).toISOString().slice(11, 16)
  const told = ticks.map(({ tick, first, count, fate }) => {
    return `${first === tick ? '' : `${count} from ${time(first)} to `}${time(tick)} ${fate}`
  })
  return { told, more }
}

describe('the fates of ticks', () => {
  it('are those of the ledger, and pending after the cursor', () => {
    const rows = [row('09:10'), row('09:20', { fate: 'skipped', reason: 'overlap' })]
    assert.deepEqual(fates({ rows, state: state('09:20') }).told, [
      '09:10 fired',
      '09:20 skipped',
      '09:30 pending',
      '09:40 pending',
      '09:50 pending',
      '10:00 pending',
    ])
  })

  it('are told of each tick that a row stands for', () => {
    const rows = [row('09:40', { first: on('09:10'), count: 4, fate: 'missed' }), row('09:50')]
    assert.deepEqual(fates({ rows, state: state('09:50') }).told, [
      '09:10 missed',
      '09:20 missed',
      '09:30 missed',
      '09:40 missed',
      '09:50 fired',
      '10:00 pending',
    ])
  })

  it('leave out what a row stands for beyond the span', () => {
    const rows = [row('09:40', { first: on('09:10'), count: 4, fate: 'missed' })]
    const span = { from: on('09:15'), to: on('09:30') }
    assert.deepEqual(fates({ rows, span }).told, ['09:20 missed', '09:30 missed'])
  })

  it('are those of a row as a range where the timing gives another count', () => {
    const rows = [row('09:40', { first: on('09:10'), count: 7, fate: 'missed' }), row('09:50')]
    assert.deepEqual(fates({ rows, state: state('09:50') }).told, [
      '7 from 09:10 to 09:40 missed',
      '09:50 fired',
      '10:00 pending',
    ])
  })

  it('are shown of a row that the timing has no tick for: it was another then', () => {
    const rows = [row('09:13'), row('09:20')]
    assert.deepEqual(fates({ rows, state: state('09:20') }).told.slice(0, 4), [
      '09:10 not kept',
      '09:13 fired',
      '09:20 fired',
      '09:30 pending',
    ])
  })

  it('are not kept where a tick was decided and has no row', () => {
    assert.deepEqual(fates({ rows: [row('09:50')], state: state('09:50') }).told, [
      '09:10 not kept',
      '09:20 not kept',
      '09:30 not kept',
      '09:40 not kept',
      '09:50 fired',
      '10:00 pending',
    ])
  })

  it('are before registration up to the anchor', () => {
    const own = state('09:50', { anchor: on('09:40') })
    const rows = [row('09:50')]
    assert.deepEqual(fates({ timing: wildcard, rows, state: own }).told, [
      '09:00 before registration',
      '09:10 before registration',
      '09:20 before registration',
      '09:30 before registration',
      '09:40 before registration',
      '09:50 fired',
      '10:00 pending',
    ])
  })

  it('are ended after the tick whose function answered stop', () => {
    const last = row('09:20')
    const own = state('09:20', { cursor: endOfTime, last })
    const { told } = fates({ rows: [last], state: own })
    assert.deepEqual(told.slice(0, 3), ['09:10 not kept', '09:20 fired', '09:30 ended'])
  })

  it('are the latest where there are more than asked for', () => {
    const rows = [row('09:40', { first: on('09:10'), count: 4, fate: 'missed' }), row('09:50')]
    const own = state('09:50')
    assert.deepEqual(fates({ rows, state: own, limit: 3 }), {
      told: ['09:40 missed', '09:50 fired', '10:00 pending'],
      more: true,
    })
    assert.equal(fates({ rows, state: own, limit: 6 }).more, false)
    assert.equal(fates({ rows, state: own, limit: 5 }).more, true)
  })
})
