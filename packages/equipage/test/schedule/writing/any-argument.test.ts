import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isEquipageError } from '../../../src/core/errors.ts'
import type { Timetable } from '../../../src/schedule/writing/timetable.ts'
import { assertBrief } from '../../support/brief.ts'
import { inMadrid } from '../support/timetables.ts'

function nothing() {}

const piece = fc.constantFrom(
  ...' :-/.+TZ0123456789'.split(''),
  ...['12', '2026-', '00:', '2026-12-24', 'Europe/', 'Madrid', 'ms', 'h', '30s', 'é', '\n'],
)
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.array(piece, { maxLength: 12 }).map(pieces => pieces.join('')),
)

/** Every place of a chain that reads a text. */
const places: Record<string, (timetable: Timetable, text: string) => unknown> = {
  'at, of a day': (t, text) => t.every().day.at(text).do(nothing),
  'at, of an hour': (t, text) => t.every().hour.at(text).do(nothing),
  'at, with a zone': (t, text) => t.every().day.at('03:00', text).do(nothing),
  timezone: (t, text) => t.every().day.timezone(text).do(nothing),
  until: (t, text) => t.every().day.until(text).do(nothing),
  startingAt: (t, text) => t.every().day.startingAt(text).do(nothing).next(),
  once: (t, text) => t.once(text).do(nothing).next(),
  jitter: (t, text) => t.every().day.jitter(text).do(nothing).next(),
  between: (t, text) => t.every().hour.between(text, '12:00').do(nothing).next(),
  days: (t, text) =>
    t
      .daily()
      .days(text as 'monday')
      .do(nothing)
      .next(),
  name: (t, text) => t.daily().name(text).do(nothing),
}

describe('any text in any place', () => {
  for (const [where, write] of Object.entries(places)) {
    it(`gives a schedule or a clear error, within a millisecond: ${where}`, () => {
      const { timetable } = inMadrid()
      const check = (given: string) => {
        try {
          write(timetable, given)
        } catch (error) {
          if (!isEquipageError(error)) throw error
        }
      }
      check('warm')
      const property = fc.property(text, given =>
        assertBrief(() => check(given), 1, JSON.stringify(given)),
      )
      fc.assert(property, { numRuns: 300 })
      for (const unit of ['1', ':', 'a', 'Europe/', '2026-', '1h', ' '])
        assertBrief(() => check(unit.repeat(20_000)), 5, unit)
    })
  }
})

describe('any instant', () => {
  it('is answered, to the ends of what Temporal can name', () => {
    const { timetable } = inMadrid()
    const chains = [
      timetable.every(10).minutes,
      timetable.every(2).hours.at(':30'),
      timetable.every().day.at('03:00'),
      timetable.every().month,
      timetable.cron('*/5 * * * *'),
      timetable.cron('0 3 L * *'),
      timetable.lastDayOfMonth(),
      timetable.hourly().between('08:00', '09:00'),
      timetable.every(5).to(10).days,
      timetable.every().hour.jitter('10m'),
    ].map(chain => chain.do(nothing))
    for (const ms of [
      -8.64e15, -8.63e15, -6e13, -1, 0, 0.5, 2.5e14, 253_402_300_799_999, 3e14, 8.64e15,
    ])
      for (const chain of chains) {
        const what = `${chain.words} after ${ms}`
        const next = chain.next(ms)
        assert.ok(next === null || next.epochMilliseconds > ms, what)
        assertBrief(() => void chain.next(ms), 100, what)
      }
  })

  it('outside of that, or none at all, is refused', () => {
    const chain = inMadrid().timetable.every().day.do(nothing)
    for (const given of [Number.NaN, 8.65e15, new Date('?'), '2026-01-01', null, {}])
      assert.throws(() => chain.next(given as number), { code: 'E_BAD_INSTANT' })
  })
})
