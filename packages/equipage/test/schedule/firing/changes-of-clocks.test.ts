import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ScheduleBuilder } from '../../../src/schedule/writing/schedule-builder.ts'
import type { Timetable } from '../../../src/schedule/writing/timetable.ts'
import { inMadrid } from '../support/timetables.ts'

/** The ticks of one date in Madrid, as UTC times of day, so that both passes of an hour show. */
function onDate(
  date: string,
  write: (timetable: Timetable) => ScheduleBuilder,
  registered: string,
): string {
  const { timetable } = inMadrid(registered)
  const { schedule } = write(timetable)
    .name('test')
    .do(() => {})
  const from = Date.parse(`${date}T00:00Z`) - 3 * 3_600_000
  return schedule
    .nextTicks(200, from)
    .filter(tick => tick.toPlainDate().toString() === date && tick.hour < 5)
    .map(tick => tick.toInstant().toString().slice(11, 16))
    .join(' ')
}

const spring = (write: (timetable: Timetable) => ScheduleBuilder) =>
  onDate('2026-03-29', write, '2026-03-27T09:00Z')
const autumn = (write: (timetable: Timetable) => ScheduleBuilder) =>
  onDate('2026-10-25', write, '2026-10-23T08:00Z')

// Madrid is an hour ahead of UTC in winter, two in summer; both changes are at 01:00 UTC.
describe('on the day the clocks go forward', () => {
  it('a fixed time inside the gap fires at the first instant after it', () => {
    for (const write of [
      (t: Timetable) => t.every().day.at('02:30'),
      (t: Timetable) => t.every().sunday.at('02:00'),
      (t: Timetable) => t.cron('30 2 * * *'),
      (t: Timetable) => t.dailyAt('02:59:59'),
      (t: Timetable) => t.weeklyOn(0, '2:30'),
    ])
      assert.equal(spring(write), '01:00')
  })

  it('fixed times that fall together are one tick', () => {
    assert.equal(
      spring(t => t.every().day.at('02:30', '03:00')),
      '01:00',
    )
    assert.equal(
      spring(t => t.cron('0 1-3 * * *')),
      '00:00 01:00',
    )
    assert.equal(
      spring(t => t.cron('*/15 2 29 3 *').limit(9)),
      '',
    )
    assert.equal(
      spring(t => t.cron('0,15,30,45 2 * * *')),
      '01:00',
    )
  })

  it('wildcards and intervals follow elapsed time', () => {
    const hourly = '23:30 00:30 01:30 02:30'
    assert.equal(
      spring(t => t.cron('30 * * * *')),
      hourly,
    )
    assert.equal(
      spring(t => t.hourlyAt(30)),
      hourly,
    )
    assert.equal(
      spring(t => t.every().hour.at(':30')),
      hourly,
    )
    assert.equal(
      spring(t => t.cron('0 */2 * * *')),
      '23:00 02:00',
    )
    assert.equal(
      spring(t => t.every(2).hours),
      '23:00 01:00',
    )
    assert.equal(
      spring(t => t.every(2).hours.at(':30')),
      '23:30 01:30',
    )
  })
})

describe('on the day the clocks go back', () => {
  it('a fixed time inside the overlap fires at the first of the two', () => {
    for (const write of [
      (t: Timetable) => t.every().day.at('02:30'),
      (t: Timetable) => t.cron('30 2 * * *'),
      (t: Timetable) => t.dailyAt('02:30'),
      (t: Timetable) => t.weeklyOn('sunday', '2:30'),
    ])
      assert.equal(autumn(write), '00:30')
    assert.equal(
      autumn(t => t.cron('0 1-3 * * *')),
      '23:00 00:00 02:00',
    )
  })

  it('wildcards and intervals go through both passes', () => {
    const hourly = '22:30 23:30 00:30 01:30 02:30 03:30'
    assert.equal(
      autumn(t => t.cron('30 * * * *')),
      hourly,
    )
    assert.equal(
      autumn(t => t.every().hour.at(':30')),
      hourly,
    )
    assert.equal(
      autumn(t => t.everyTwoHours()),
      '22:00 00:00 01:00 03:00',
    )
    assert.equal(
      autumn(t => t.cron('*/30 2 * * *')),
      '00:00 00:30 01:00 01:30',
    )
  })

  it('a day without a time keeps its time of day, 25 hours later', () => {
    const { timetable } = inMadrid('2026-10-24T08:00Z')
    const [first, second] = timetable
      .every()
      .day.do(() => {})
      .nextTicks(2)
    assert.equal(first?.toString(), '2026-10-25T10:00:00+01:00[Europe/Madrid]')
    assert.equal(second?.toString(), '2026-10-26T10:00:00+01:00[Europe/Madrid]')
  })
})
