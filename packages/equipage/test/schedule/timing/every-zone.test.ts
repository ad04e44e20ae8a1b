import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { ScheduleBuilder } from '../../../src/schedule/writing/schedule-builder.ts'
import { Timetable } from '../../../src/schedule/writing/timetable.ts'
import {
  changesOf,
  dayMs,
  epoch,
  everyZone,
  firstDifference,
  hourMs,
  minuteMs,
  ticksBetween,
  WallClock,
} from '../support/wall-clock.ts'

const from = epoch('2024-01-01T00:00Z')
const to = epoch('2030-01-01T00:00Z')
const nothing = () => {}

const timingOf = (zone: string, write: (timetable: Timetable) => ScheduleBuilder, now = from) => {
  const timetable = new Timetable({ timezone: zone, clock: { now: () => now } })
  return write(timetable).name('test').do(nothing).schedule.timing
}

/** Every change of clocks of every zone from 2024 to 2029, and one quiet day for zones without. */
const changes = everyZone.flatMap(zone => {
  const found = changesOf(zone, from, to)
  return (found.length ? found : [from + 100 * dayMs]).map(change => ({ zone, change }))
})

describe('a fixed wall time', () => {
  it('fires once each day, at the first instant that has reached it, around every change of every zone', () => {
    // Times inside the usual gaps and overlaps, and at their very edges.
    const times = [
      '00:00',
      '00:30',
      '01:00',
      '01:30',
      '01:59',
      '02:00',
      '02:15',
      '02:30',
      '03:00',
      '12:00',
      '23:59',
    ]
    const minutes = times.map(time => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)))
    for (const { zone, change } of changes) {
      const start = Math.floor(change / minuteMs) * minuteMs - 30 * hourMs
      const wall = new WallClock(zone, start, start + 60 * hourMs)
      for (const [i, time] of times.entries()) {
        const timing = timingOf(zone, t => t.every().day.at(time))
        const found = ticksBetween(timing, start, start + 60 * hourMs)
        const expected = wall.fixed(local => ((local % 1_440) + 1_440) % 1_440 === minutes[i])
        assert.equal(firstDifference(found, expected), undefined, `${zone} ${time}`)
      }
    }
  })

  it('fires once on every date of six years, in every zone', () => {
    for (const zone of everyZone) {
      const timing = timingOf(zone, t => t.every().day.at('02:30'))
      const ticks = ticksBetween(timing, from + 2 * dayMs, to - 2 * dayMs)
      const days = (to - from) / dayMs - 4
      assert.ok(
        Math.abs(ticks.length - days) <= 1,
        `${zone}: ${ticks.length} ticks in ${days} days`,
      )
      for (let i = 1; i < ticks.length; i++) {
        const gap = (ticks[i] ?? 0) - (ticks[i - 1] ?? 0)
        assert.ok(gap >= 21 * hourMs && gap <= 27 * hourMs, `${zone}: ${gap}`)
      }
    }
  })
})

describe('a wildcard', () => {
  it('follows elapsed time through every change of every zone', () => {
    for (const { zone, change } of changes) {
      const start = Math.floor(change / minuteMs) * minuteMs - 4 * hourMs
      const wall = new WallClock(zone, start, start + 8 * hourMs)
      const found = ticksBetween(
        timingOf(zone, t => t.cron('*/10 * * * *')),
        start,
        start + 8 * hourMs,
      )
      const expected = wall.elapsed(local => local % 10 === 0)
      assert.equal(firstDifference(found, expected), undefined, zone)
    }
  })
})

/** Chains of every kind; what they draw is small, so that ticks meet changes of clocks. */
const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(dependencies => dependencies.map(part => String(part).padStart(2, '0')).join(':'))
const few = fc.integer({ min: 2, max: 9 })
type Write = (timetable: Timetable) => ScheduleBuilder
const chain: fc.Arbitrary<Write> = fc.oneof(
  few.map(
    (n): Write =>
      t =>
        t.every(n).minutes,
  ),
  few.map(
    (n): Write =>
      t =>
        t.every(n).hours,
  ),
  few.map(
    (n): Write =>
      t =>
        t.every(n).hours.at(':30'),
  ),
  few.map(
    (n): Write =>
      t =>
        t.every(n).days,
  ),
  fc.tuple(few, time, time).map(
    ([n, a, b]): Write =>
      t =>
        t.every(n).days.at(a, b),
  ),
  fc.tuple(time, time).map(
    ([a, b]): Write =>
      t =>
        t.every().day.at(a, b),
  ),
  time.map(
    (at): Write =>
      t =>
        t.every().week.at(at),
  ),
  fc.tuple(few, time).map(
    ([n, at]): Write =>
      t =>
        t.every(n).weeks.at(at),
  ),
  time.map(
    (at): Write =>
      t =>
        t.every().weekday.at(at),
  ),
  fc.constant<Write>(t => t.every().sunday),
  few.map(
    (n): Write =>
      t =>
        t.every(n).months,
  ),
  time.map(
    (at): Write =>
      t =>
        t.every().month.at(at),
  ),
  fc.constant<Write>(t => t.every().year),
  few.map(
    (n): Write =>
      t =>
        t.every(n).to(n * 2).minutes,
  ),
  few.map(
    (n): Write =>
      t =>
        t.every(n).to(n * 3).days,
  ),
  fc.tuple(few, time).map(
    ([n, at]): Write =>
      t =>
        t
          .every(n)
          .to(n * 3)
          .days.at(at),
  ),
  fc.constant<Write>(t => t.cron('*/20 1-3 * * *')),
  fc.constant<Write>(t => t.cron('15,45 0-3 * * 0,6')),
  fc.constant<Write>(t => t.cron('0 */3 * * *')),
  fc.constant<Write>(t => t.everyOddHour(30)),
  fc.constant<Write>(t => t.twiceMonthly(1, 31, '02:30')),
  fc.constant<Write>(t => t.quarterlyOn(31, '02:30')),
  fc.constant<Write>(t => t.everyThirtyMinutes().between('22:00', '02:30')),
  fc.constant<Write>(t => t.every(20).minutes.unlessBetween('01:00', '03:00').weekends()),
  time.map(
    (at): Write =>
      t =>
        t.every().day.at(at).jitter('45m'),
  ),
  few.map(
    (n): Write =>
      t =>
        t.every(n).hours.jitter('1h').limit(30),
  ),
  few.map(
    (n): Write =>
      t =>
        t.every(n).hours.startingAt('2024-03-01 02:30').until('2028-01-01'),
  ),
)

describe('any timing', () => {
  it('never goes back, loses no tick and invents none, in any zone and from any instant', () => {
    const anywhere = fc.integer({ min: from, max: to })
    const property = fc.property(
      chain,
      fc.constantFrom(...changes),
      anywhere,
      fc.array(fc.integer({ min: -50 * hourMs, max: 50 * hourMs }), { minLength: 3, maxLength: 3 }),
      (write, { zone, change }, registered, shifts) => {
        const anchor = Math.min(registered, change)
        const now = Math.min(anchor, epoch('2027-01-01T00:00Z'))
        const timing = timingOf(zone, write, now)
        let after = change - 30 * hourMs
        const ticks: number[] = []
        while (ticks.length < 60) {
          const tick = timing.next(after, anchor)
          if (tick === null) break
          assert.ok(Number.isInteger(tick), `whole milliseconds: ${tick}`)
          assert.ok(tick > after, `${timing.definition} in ${zone}: ${tick} after ${after}`)
          ticks.push(tick)
          after = tick
        }
        for (const shift of shifts) {
          const asked = change + shift
          const expected = ticks.find(tick => tick > asked)
          if (expected === undefined || asked < change - 30 * hourMs) continue
          const told = `${timing.definition} in ${zone} after ${new Date(asked).toISOString()}`
          assert.equal(timing.next(asked, anchor), expected, told)
        }
        for (const tick of ticks) assert.equal(timing.next(tick - 1, anchor), tick)
      },
    )
    fc.assert(property, { numRuns: 4_000 })
  })

  it('has a definition that gives the same ticks in another process', () => {
    const property = fc.property(chain, fc.constantFrom(...everyZone), (write, zone) => {
      const [one, other] = [timingOf(zone, write), timingOf(zone, write)]
      assert.equal(one.definition, other.definition)
      assert.deepEqual(
        ticksBetween(one, from, from + 30 * dayMs).slice(0, 50),
        ticksBetween(other, from, from + 30 * dayMs).slice(0, 50),
      )
    })
    fc.assert(property, { numRuns: 60 })
  })
})
