import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  dayNumber,
  daysInMonth,
  firstDayOf,
  isoDate,
  lengthOf,
  monthIndexOf,
  weekdayOf,
} from '../../../../src/schedule/timing/calendar/calendar.ts'

describe('the calendar', () => {
  it('agrees with Date on every day from 1900 to 2400', () => {
    const last = Date.UTC(2400, 0, 1) / 86_400_000
    for (let day = Date.UTC(1900, 0, 1) / 86_400_000; day < last; day++) {
      const date = new Date(day * 86_400_000)
      const [year, month, dayOfMonth] = [
        date.getUTCFullYear(),
        date.getUTCMonth(),
        date.getUTCDate(),
      ]
      if (dayNumber(year, month + 1, dayOfMonth) !== day) assert.fail(`${date} dayNumber`)
      if (monthIndexOf(day) !== year * 12 + month) assert.fail(`${date} monthIndexOf`)
      if (weekdayOf(day) !== date.getUTCDay()) assert.fail(`${date} weekdayOf`)
      if (dayOfMonth === 1 && firstDayOf(year * 12 + month) !== day) assert.fail(`${date} first`)
    }
  })

  it('knows the leap years of the Gregorian calendar', () => {
    assert.deepEqual(
      [1900, 2000, 2023, 2024, 2100].map(year => daysInMonth(year, 2)),
      [28, 29, 28, 29, 28],
    )
    assert.equal(lengthOf(2024 * 12 + 1), 29)
    assert.equal(isoDate(dayNumber(2024, 2, 29)), '2024-02-29')
  })
})
