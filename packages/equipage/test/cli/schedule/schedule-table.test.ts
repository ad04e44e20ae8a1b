import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { scheduleTable } from '../../../src/cli/schedule/schedule-table.ts'
import { Timetable } from '../../../src/schedule/writing/timetable.ts'
import { StubClock } from '../../support/stub-clock.ts'

const clock = new StubClock('2026-11-21T10:00:00Z')

function schedules() {
  const timetable = new Timetable({ timezone: 'Europe/Madrid', clock })
  timetable
    .every(10)
    .minutes.name('poll')
    .do(() => {})
  timetable
    .every()
    .day.at('03:00', 'America/New_York')
    .name('nightly')
    .do(() => {})
  return timetable.schedules
}

describe('the table of schedules', () => {
  it('has a name, the timing in words, the zone and the next tick of each', () => {
    assert.deepEqual(scheduleTable(schedules(), clock.now()).split('\n'), [
      'schedule  timing              zone              next tick',
      '--------  ------------------  ----------------  -------------------------',
      'poll      every 10 minutes    Europe/Madrid     2026-11-21 11:10:00+01:00',
      'nightly   every day at 03:00  America/New_York  2026-11-22 03:00:00-05:00',
    ])
  })

  it('counts next ticks from the moment that it is given', () => {
    const later = scheduleTable(schedules(), clock.now() + 3_600_000)
    assert.match(later, /^poll .* 2026-11-21 12:10:00\+01:00$/m)
  })

  it('says so when a schedule never fires again', () => {
    const timetable = new Timetable({ timezone: 'UTC', clock })
    timetable
      .every()
      .hour.until('2026-11-21 12:30')
      .name('short')
      .do(() => {})
    const late = Date.parse('2026-11-21T13:00:00Z')
    assert.match(scheduleTable(timetable.schedules, late), /^short .* UTC +never again$/m)
  })

  it('says so when there is none', () => {
    assert.equal(scheduleTable([], clock.now()), 'no schedules: register() wrote none')
  })
})
