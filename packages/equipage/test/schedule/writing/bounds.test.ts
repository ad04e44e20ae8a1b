import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Temporal } from 'temporal-polyfill'
import type { Timetable } from '../../../src/schedule/writing/timetable.ts'
import { inMadrid, wallTicks } from '../support/timetables.ts'

function nothing() {}

describe('an end', () => {
  it('is an instant, and a tick at that very instant still fires', () => {
    const until = new Date('2026-11-21T12:15:30Z')
    for (const end of [
      until,
      until.getTime(),
      Temporal.Instant.from('2026-11-21T12:15:30Z'),
      Temporal.ZonedDateTime.from('2026-11-21T13:15:30[Europe/Madrid]'),
      '2026-11-21 13:15:30',
      '2026-11-21T12:15:30Z',
    ])
      assert.deepEqual(wallTicks(inMadrid().timetable.every().hour.until(end)), [
        '2026-11-21T12:15:30',
        '2026-11-21T13:15:30',
      ])
  })

  it('is a length of time from the first registration, also after a restart', () => {
    for (const end of ['150m', Temporal.Duration.from({ hours: 2, minutes: 30 })]) {
      const { timetable, clock } = inMadrid()
      assert.equal(wallTicks(timetable.every().hour.until(end)).length, 2)
      // The next process registers it two hours later, and is told the anchor of the first.
      clock.pass(2 * 3_600_000)
      const again = timetable.every().hour.until(end).name('again').do(nothing)
      again.schedule.anchorAt(Date.parse('2026-11-21T10:15:30Z'))
      assert.deepEqual(again.nextTicks(9), [])
    }
  })

  it('is a time of the day of the first registration', () => {
    assert.deepEqual(wallTicks(inMadrid().timetable.every().hour.until('12:30')), [
      '2026-11-21T12:15:30',
    ])
  })

  const past = (told: string, write: (timetable: Timetable) => unknown) =>
    it(`is refused in the past: ${told}`, () =>
      assert.throws(() => write(inMadrid().timetable), {
        code: 'E_DEADLINE_PAST',
        message: /ends at .* Europe\/Madrid, which is not after 2026-11-21 11:15:30/,
      }))
  past('an instant', t => t.every().hour.until(new Date('2026-11-21T10:15:30Z')).do(nothing))
  past('a date', t => t.every().hour.until('2026-11-20').do(nothing))
  past('a time of day', t => t.every().hour.until('11:00').do(nothing))
  past('a small number, which is 1970', t => t.every().hour.until(5_000).do(nothing))

  it('is refused when it is nothing of these', () => {
    const { timetable } = inMadrid()
    const until = (end: string) => () => timetable.every().hour.until(end).do(nothing)
    assert.throws(until('tomorrow'), { code: 'E_BAD_DURATION', message: /until\('tomorrow'\)/ })
    assert.throws(until('25:00'), { code: 'E_BAD_TIME' })
    assert.throws(until('2026-02-30'), { code: 'E_BAD_TIME', message: /'2026-02-30'/ })
    assert.throws(() => timetable.every().hour.until(new Date('?')).do(nothing), {
      code: 'E_BAD_INSTANT',
    })
  })
})

describe('a start', () => {
  it('is the first tick of an interval, which counts from it', () => {
    assert.deepEqual(wallTicks(inMadrid().timetable.every(7).hours.startingAt('2026-12-01')), [
      '2026-12-01T00:00',
      '2026-12-01T07:00',
      '2026-12-01T14:00',
    ])
  })

  it('leaves a calendar timing as it is, from then on', () => {
    const { timetable } = inMadrid()
    const start = '2026-12-01 03:00'
    assert.deepEqual(wallTicks(timetable.every().day.at('03:00').startingAt(start), 1), [
      '2026-12-01T03:00',
    ])
    assert.deepEqual(wallTicks(timetable.cron('30 * * * *').startingAt(start), 1), [
      '2026-12-01T03:30',
    ])
    assert.deepEqual(wallTicks(timetable.every(2).days.at('02:00').startingAt(start), 2), [
      '2026-12-03T02:00',
      '2026-12-05T02:00',
    ])
    assert.deepEqual(wallTicks(timetable.every().month.startingAt('2026-12-31'), 3), [
      '2026-12-31T00:00',
      '2027-01-31T00:00',
      '2027-02-28T00:00',
    ])
    assert.deepEqual(wallTicks(timetable.every().day.startingAt(start), 1), ['2026-12-01T03:00'])
  })

  it('may lie in the past: the phase is then older than the registration', () => {
    assert.deepEqual(
      wallTicks(inMadrid().timetable.every(10).minutes.startingAt('2026-11-21 00:00'), 2),
      ['2026-11-21T11:20', '2026-11-21T11:30'],
    )
  })
})

describe('a limit', () => {
  it('counts ticks from the first registration on, whatever is asked', () => {
    const limited = inMadrid()
      .timetable.every()
      .day.at('03:00')
      .limit(3)
      .name('limited')
      .do(nothing)
    assert.equal(limited.nextTicks(9).length, 3)
    assert.equal(limited.nextTicks(9, new Date('2020-01-01')).length, 3)
    assert.equal(limited.nextTicks(9, new Date('2026-11-23T12:00Z')).length, 1)
    assert.equal(limited.next(new Date('2026-11-25')), null)
  })

  it('is refused unless it is a whole number from 1', () => {
    for (const count of [0, -1, 1.5, Number.NaN, 2_000_000])
      assert.throws(() => inMadrid().timetable.every().hour.limit(count), { code: 'E_BAD_TIMING' })
  })
})

describe('once', () => {
  it('fires at its instant and never again', () => {
    const { timetable } = inMadrid()
    assert.deepEqual(wallTicks(timetable.once('2026-12-24 18:30')), ['2026-12-24T18:30'])
    assert.deepEqual(wallTicks(timetable.once(new Date('2026-12-24T17:30Z'))), ['2026-12-24T18:30'])
    assert.deepEqual(wallTicks(timetable.once('2026-12-24 18:30', 'Asia/Tokyo')), [
      '2026-12-24T18:30',
    ])
    assert.deepEqual(wallTicks(timetable.once('2026-11-20')), [])
  })
})

describe('random intervals', () => {
  it('keep every gap within their bounds and use all of the room', () => {
    const schedule = inMadrid().timetable.every(5).to(10).minutes.do(nothing)
    const ticks = schedule.nextTicks(2_000).map(tick => tick.epochMilliseconds)
    const gaps = ticks.slice(1).map((tick, i) => tick - (ticks[i] ?? 0))
    assert.ok(Math.min(...gaps) >= 300_000 && Math.max(...gaps) <= 600_000)
    assert.ok(Math.min(...gaps) < 315_000 && Math.max(...gaps) > 585_000)
  })

  it('draw whole days for days', () => {
    const days = inMadrid().timetable.every(2).to(4).days.at('06:00').do(nothing).nextTicks(200)
    const gaps = days.slice(1).map((day, i) => {
      const before = days[i] ?? day
      return before.toPlainDate().until(day.toPlainDate()).days
    })
    assert.deepEqual([...new Set(gaps)].sort(), [2, 3, 4])
    assert.ok(days.every(day => day.toPlainTime().toString() === '06:00:00'))
  })

  it('are drawn from the name: the same in every process, another under another name', () => {
    const ticks = (name: string) =>
      inMadrid().timetable.every(5).to(10).minutes.name(name).do(nothing).nextTicks(20).join()
    assert.equal(ticks('a'), ticks('a'))
    assert.notEqual(ticks('a'), ticks('b'))
    const { timetable } = inMadrid()
    const named = timetable.every(5).to(10).minutes.do(nothing).name('a')
    assert.equal(named.nextTicks(20).join(), ticks('a'))
    assert.match(named.schedule.definition, /"a"/)
  })
})

describe('jitter', () => {
  it('puts each tick off by its own draw, up to the bound', () => {
    const schedule = inMadrid().timetable.every().day.at('03:00').jitter('15m').do(nothing)
    const late = schedule
      .nextTicks(500)
      .map(
        tick =>
          tick.epochMilliseconds -
          tick.with({ hour: 3, minute: 0, second: 0, millisecond: 0 }).epochMilliseconds,
      )
    assert.ok(Math.min(...late) >= 0 && Math.max(...late) <= 900_000)
    assert.ok(Math.min(...late) < 10_000 && Math.max(...late) > 890_000)
    assert.ok(new Set(late).size > 490)
  })

  it('is refused when it would reach the next tick', () => {
    assert.throws(() => inMadrid().timetable.every(10).minutes.jitter('10m').do(nothing), {
      code: 'E_BAD_TIMING',
      message: /reaches the next tick; use less than 10m/,
    })
  })
})

describe('a window', () => {
  it('includes both its ends, and may pass midnight', () => {
    const { timetable } = inMadrid()
    assert.deepEqual(wallTicks(timetable.hourly().between('12:00', '13:00')), [
      '2026-11-21T12:00',
      '2026-11-21T13:00',
      '2026-11-22T12:00',
    ])
    assert.deepEqual(wallTicks(timetable.hourly().between('23:00', '0:00')), [
      '2026-11-21T23:00',
      '2026-11-22T00:00',
      '2026-11-22T23:00',
    ])
    assert.deepEqual(wallTicks(timetable.hourly().unlessBetween('12:00', '22:00')), [
      '2026-11-21T23:00',
      '2026-11-22T00:00',
      '2026-11-22T01:00',
    ])
  })

  it('is passed over in one step, however many ticks lie outside', () => {
    const { timetable } = inMadrid()
    assert.deepEqual(wallTicks(timetable.every().millisecond.between('03:00', '03:01'), 1), [
      '2026-11-22T03:00',
    ])
  })

  it('that no tick can meet is refused', () => {
    assert.throws(
      () => inMadrid().timetable.every().day.at('03:00').between('08:00', '17:00').do(nothing),
      { code: 'E_BAD_TIMING', message: /between 08:00 and 17:00 can never fire/ },
    )
  })

  it('of days takes numbers and names, the last call winning', () => {
    const { timetable } = inMadrid()
    const first = (chain: Parameters<typeof wallTicks>[0]) => wallTicks(chain, 1)[0]?.slice(0, 10)
    assert.equal(first(timetable.daily().days(1, 4)), '2026-11-23')
    assert.equal(first(timetable.daily().days(['thursday'])), '2026-11-26')
    assert.equal(first(timetable.daily().mondays().thursdays()), '2026-11-26')
    assert.equal(first(timetable.hourly().days(7)), '2026-11-22')
    assert.equal(first(timetable.cron('0 3 * * *').weekdays()), '2026-11-23')
    assert.throws(() => timetable.daily().days(8), { code: 'E_BAD_TIMING' })
    assert.throws(() => timetable.daily().days(), { code: 'E_BAD_TIMING' })
  })
})
