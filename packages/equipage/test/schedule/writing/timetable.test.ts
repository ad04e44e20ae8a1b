import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Temporal } from 'temporal-polyfill'
import type { Pushable } from '../../../src/job/pushing/pushable.ts'
import type { Registered } from '../../../src/schedule/writing/registered.ts'
import { Timetable } from '../../../src/schedule/writing/timetable.ts'

const at = (iso: string) => Date.parse(iso)
const madrid = (now = '2026-11-21T10:15:30Z') =>
  new Timetable({ timezone: 'Europe/Madrid', clock: { now: () => at(now) } })
const ticks = (registered: { nextTicks(n: number, after?: number): unknown[] }, n = 3) =>
  registered.nextTicks(n).map(tick => String(tick).slice(0, 19))
const cleanup = () => {}

describe('the chain', () => {
  it('counts an interval from the moment of its registration', () => {
    assert.deepEqual(ticks(madrid().every(10).minutes.do(cleanup)), [
      '2026-11-21T11:25:30',
      '2026-11-21T11:35:30',
      '2026-11-21T11:45:30',
    ])
  })

  it('fires a day at its time, in the zone it names', () => {
    const schedule = madrid().every().day.at('03:00', 'America/New_York').do(cleanup)
    assert.deepEqual(ticks(schedule, 2), ['2026-11-22T03:00:00', '2026-11-23T03:00:00'])
    assert.equal(schedule.zone, 'America/New_York')
    assert.equal(schedule.words, 'every day at 03:00')
  })

  it("keeps the anchor's time of day for a day, a week and a weekday without a time", () => {
    assert.deepEqual(ticks(madrid().every().day.do(cleanup), 1), ['2026-11-22T11:15:30'])
    assert.deepEqual(ticks(madrid().every().week.do(cleanup), 1), ['2026-11-28T11:15:30'])
    assert.deepEqual(ticks(madrid().every().monday.do(cleanup), 2), [
      '2026-11-23T11:15:30',
      '2026-11-30T11:15:30',
    ])
    assert.deepEqual(ticks(madrid().every().saturday.do(cleanup), 1), ['2026-11-28T11:15:30'])
  })

  it('begins every second day two days later, also when today the time is still to come', () => {
    assert.deepEqual(ticks(madrid().every(2).days.at('23:00').do(cleanup), 2), [
      '2026-11-23T23:00:00',
      '2026-11-25T23:00:00',
    ])
  })

  it('falls on the last day of a month that is too short', () => {
    assert.deepEqual(ticks(madrid('2026-10-31T11:00:00Z').every().month.do(cleanup), 4), [
      '2026-11-30T12:00:00',
      '2026-12-31T12:00:00',
      '2027-01-31T12:00:00',
      '2027-02-28T12:00:00',
    ])
  })

  it('reads cron expressions', () => {
    assert.deepEqual(ticks(madrid().cron('*/5 * * * 1-5').do(cleanup), 2), [
      '2026-11-23T00:00:00',
      '2026-11-23T00:05:00',
    ])
    assert.deepEqual(ticks(madrid().cron('CRON_TZ=Asia/Tokyo 0 3 * * *').do(cleanup), 1), [
      '2026-11-22T03:00:00',
    ])
  })

  it('takes a name before the action and after it', () => {
    const timetable = madrid()
    timetable
      .every()
      .hour.name('one')
      .do(() => {})
    timetable
      .every()
      .hour.do(() => {})
      .name('two')
      .withoutOverlapping()
    timetable.close()
    assert.deepEqual(
      timetable.schedules.map(schedule => [schedule.name, schedule.overlap]),
      [
        ['one', 'allow'],
        ['two', 'skip'],
      ],
    )
  })

  it('hands a function its arguments, then the tick', () => {
    const given: unknown[] = []
    const timetable = madrid()
    timetable.every().hour.do((a: number, b: string) => given.push(a, b), 1, 'x')
    timetable.every().hour.do((a, tick) => `${a + 1} ${tick.date}`, 1)
    timetable.every().hour.do(tick => tick.lagMs)
    // @ts-expect-error an argument of another type
    timetable.every().hour.do((a: number) => a, 'one')
    const action = timetable.schedules[0]?.action
    assert.ok(action?.kind === 'call')
    action.call({} as never)
    assert.deepEqual(given, [1, 'x'])
  })

  it('types the payload by the job', () => {
    const job: Pushable<{ id: number }> = { kind: 'job', name: 'report' }
    const bare: Pushable<undefined> = { kind: 'job', name: 'bare' }
    const timetable = madrid()
    timetable.every().hour.push(job, { id: 1 })
    timetable.every().hour.push(job, tick => ({ id: tick.lagMs }))
    timetable.every().hour.push(job, async () => ({ id: 1 }))
    timetable.every().hour.push(bare)
    // @ts-expect-error a payload is missing
    timetable.every().hour.push(job)
    // @ts-expect-error a payload of another type
    timetable.every().hour.push(job, { id: 'one' })
    // @ts-expect-error a function that makes another type
    timetable.every().hour.push(job, () => ({ id: 'one' }))
    assert.equal(timetable.schedules[0]?.name, 'report')
  })
})

describe('next and nextTicks', () => {
  const chains: ((timetable: Timetable) => { do(run: () => void): Registered })[] = [
    t => t.every(90).minutes,
    t => t.every().day.at('02:30'),
    t => t.cron('*/20 * * * *'),
    t => t.every(5).to(10).hours,
    t => t.every().hour.limit(4),
  ]

  it('agree, whatever kind of instant they are asked after, and leave that instant out', () => {
    for (const write of chains) {
      const registered = write(madrid()).do(cleanup)
      const ticks = registered.nextTicks(6)
      let after: Temporal.ZonedDateTime | undefined
      for (const tick of ticks) {
        after = registered.next(after) ?? undefined
        assert.equal(String(after), String(tick))
      }
      const [first, second] = ticks
      assert.ok(first && second)
      for (const same of [first, first.toInstant(), first.epochMilliseconds])
        assert.equal(String(registered.next(same)), String(second))
      assert.equal(String(registered.next(new Date(first.epochMilliseconds))), String(second))
      assert.equal(first.timeZoneId, 'Europe/Madrid')
    }
  })

  it('come to an end with the schedule', () => {
    const registered = madrid().every().hour.limit(2).do(cleanup)
    const ticks = registered.nextTicks(5)
    assert.equal(ticks.length, 2)
    assert.equal(registered.next(ticks[1]), null)
    assert.deepEqual(registered.nextTicks(5, ticks[1]), [])
  })
})

describe('the default for missed ticks', () => {
  it('is to skip them under a minute, and else to make up for the latest', () => {
    const misfire = (write: (timetable: Timetable) => { do(run: () => void): Registered }) =>
      write(madrid()).do(cleanup).schedule.misfire
    assert.equal(
      misfire(t => t.every(59).seconds),
      'skip',
    )
    assert.equal(
      misfire(t => t.every().minute),
      'once',
    )
    assert.equal(
      misfire(t => t.every().day.at('03:00')),
      'once',
    )
    assert.equal(
      misfire(t => t.every(5).seconds.misfire('all')),
      'all',
    )
  })

  it('takes a window, and refuses what is no policy', () => {
    const { schedule } = madrid().every().day.do(cleanup).misfire('once', { within: '12h' })
    assert.equal(schedule.misfireWithinMs, 43_200_000)
    const wrong = 'twice' as 'once'
    assert.throws(() => madrid().every().day.misfire(wrong), {
      message: /use 'skip', 'once', 'all'/,
    })
    assert.throws(
      () =>
        madrid()
          .every()
          .day.overlap(wrong as 'skip'),
      { code: 'E_BAD_TIMING' },
    )
  })
})

describe('a wrong chain', () => {
  const refused = (code: string, message: RegExp, write: (timetable: Timetable) => unknown) =>
    it(`is refused: ${message.source}`, () =>
      assert.throws(() => write(madrid()), { code, message }))

  refused('E_BAD_TIMING', /every\(0\) is no interval/, t => t.every(0).minutes)
  refused('E_BAD_TIMING', /every\(1\.5\) is no interval/, t => t.every(1.5).minutes)
  refused('E_BAD_TIMING', /write every\(\)\.monday/, t => t.every(2).monday)
  refused('E_BAD_TIMING', /write every\(2\)\.days/, t => t.every(2).day)
  refused('E_BAD_TIMING', /runs backwards/, t => t.every(10).to(5).minutes)
  refused('E_BAD_TIME', /'25:00'.*23:59:59/, t => t.every().day.at('25:00'))
  refused('E_BAD_TIME', /':30'/, t => t.every().day.at(':30'))
  refused('E_BAD_TIME', /MM:SS/, t => t.every().hour.at('10:30:00'))
  refused('E_BAD_TIMING', /has no time inside it/, t => t.every(5).seconds.at(':30'))
  refused('E_UNKNOWN_ZONE', /did you mean "Europe\/Madrid"/, t =>
    t.every().day.at('03:00', 'Europe/Madird'),
  )
  refused('E_BAD_CRON', /has hour 25; use 0 to 23/, t => t.cron('0 25 * * *'))
  refused('E_BAD_CRON', /can never fire/, t => t.cron('0 0 31 2 *'))
  refused('E_BAD_TIMING', /second \.at/, t => t.every().day.at('01:00').at('02:00'))
  refused('E_BAD_TIMING', /takes one time/, t => t.every().hour.at(':00', ':30'))
  refused('E_BAD_TIMING', /contradicts the expression's own zone/, t =>
    t.cron('TZ=Asia/Tokyo @daily').timezone('UTC'),
  )
  refused('E_BAD_TIMING', /longer than 1,000 years/, t => t.every(1e9).weeks)
  refused('E_BAD_TIMING', /has no fixed length/, t => t.every(1).to(2).months)
  refused('E_BAD_TIMING', /not \.do\(cleanup\(\)\)/, t => t.every().day.do(cleanup() as never))
  refused('E_BAD_TIMING', /hourlyAt\(60\)/, t => t.hourlyAt(60))
  refused('E_BAD_TIMING', /has no hour 24/, t => t.twiceDaily(1, 24))
  refused('E_BAD_TIMING', /has no day 32/, t => t.monthlyOn(32))
  refused('E_BAD_TIMING', /has no month 13/, t => t.yearlyOn(13))
  refused('E_TIMETABLE_CLOSED', /inside register\(\)/, t => {
    t.close()
    t.every().hour.do(cleanup)
  })
  refused('E_SCHEDULE_NEEDS_NAME', /write \.name\('\.\.\.'\)/, t => {
    t.every().hour.do(() => {})
    t.close()
  })
  refused('E_SCHEDULE_NAME_TWICE', /\.name\('cleanup every 10 minutes'\)/, t => {
    t.every().hour.do(cleanup)
    t.every(10).minutes.do(cleanup)
    t.close()
  })
})
