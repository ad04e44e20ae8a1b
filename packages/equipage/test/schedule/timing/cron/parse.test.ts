import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isEquipageError } from '../../../../src/core/errors.ts'
import { zoneNamed } from '../../../../src/schedule/timing/calendar/zone.ts'
import { cronTiming, parseCron } from '../../../../src/schedule/timing/cron/parse.ts'
import { assertBrief } from '../../../support/brief.ts'
import { epoch } from '../../support/wall-clock.ts'

const timing = (expression: string, zone = 'UTC') => {
  const { pattern, zone: own } = parseCron(expression)
  return cronTiming(pattern, own ?? zoneNamed(zone, 'test'))
}

/** The next ticks after New Year 2026, a Thursday, without what they have in common. */
function next(expression: string, count = 3): string {
  const ticks: string[] = []
  let tick: number | null = epoch('2026-01-01T00:00Z') - 1
  while (ticks.length < count) {
    tick = timing(expression).next(tick, 0)
    if (tick === null) break
    ticks.push(new Date(tick).toISOString().slice(0, 19).replace(/:00$/, ''))
  }
  return ticks.join(' ')
}

describe('a cron expression', () => {
  it('has five fields, or six with seconds first', () => {
    assert.equal(next('30 4 * * *', 2), '2026-01-01T04:30 2026-01-02T04:30')
    assert.equal(
      next('*/20 30 4 * * *', 3),
      '2026-01-01T04:30 2026-01-01T04:30:20 2026-01-01T04:30:40',
    )
  })

  it('takes names in any case, ranges, steps and lists', () => {
    assert.equal(
      next('0 0 * jan-Feb,DEC MON'),
      '2026-01-05T00:00 2026-01-12T00:00 2026-01-19T00:00',
    )
    assert.equal(next('0 8-18/5 * * *'), '2026-01-01T08:00 2026-01-01T13:00 2026-01-01T18:00')
    assert.equal(
      next('5,10-12 0 * * *', 4).replaceAll('2026-01-01T', ''),
      '00:05 00:10 00:11 00:12',
    )
  })

  it('takes 7 and the end of a range for Sunday', () => {
    assert.equal(next('0 0 * * 7', 1), '2026-01-04T00:00')
    assert.equal(next('0 0 * * FRI-SUN'), '2026-01-02T00:00 2026-01-03T00:00 2026-01-04T00:00')
    assert.equal(next('0 0 * * 5-7'), next('0 0 * * FRI-SUN'))
  })

  it('joins day of month and day of week with "or", unless one begins with a star', () => {
    assert.equal(next('0 0 13 * 5'), '2026-01-02T00:00 2026-01-09T00:00 2026-01-13T00:00')
    assert.equal(next('0 0 */2 * 5'), '2026-01-09T00:00 2026-01-23T00:00 2026-02-13T00:00')
    assert.equal(next('0 0 13 * ?', 2), '2026-01-13T00:00 2026-02-13T00:00')
  })

  it('knows the last day, days before it, the last weekday and the weekday nearest to a day', () => {
    assert.equal(next('0 0 L * *', 2), '2026-01-31T00:00 2026-02-28T00:00')
    assert.equal(next('0 0 L-2 * *', 2), '2026-01-29T00:00 2026-02-26T00:00')
    assert.equal(next('0 0 LW * *', 2), '2026-01-30T00:00 2026-02-27T00:00')
    // 1 February 2026 is a Sunday, 1 August a Saturday.
    assert.equal(next('0 0 1W 2,8 *', 2), '2026-02-02T00:00 2026-08-03T00:00')
    assert.equal(next('0 0 15W 2,8 *', 2), '2026-02-16T00:00 2026-08-14T00:00')
    assert.equal(next('0 0 31W * *', 2), '2026-01-30T00:00 2026-03-31T00:00')
  })

  it('knows the n-th and the last of a day of the week', () => {
    assert.equal(next('0 0 * * MON#2', 2), '2026-01-12T00:00 2026-02-09T00:00')
    assert.equal(next('0 0 * * 5L', 2), '2026-01-30T00:00 2026-02-27T00:00')
    assert.equal(next('0 0 * * FRIL', 2), next('0 0 * * 5L', 2))
    assert.equal(next('0 0 * * 1#1,3#2', 2), '2026-01-05T00:00 2026-01-14T00:00')
  })

  it('has nicknames', () => {
    assert.equal(next('@yearly', 2), '2026-01-01T00:00 2027-01-01T00:00')
    assert.equal(next('@Annually', 2), next('@yearly', 2))
    assert.equal(next('@monthly', 2), '2026-01-01T00:00 2026-02-01T00:00')
    assert.equal(next('@weekly', 1), '2026-01-04T00:00')
    assert.equal(next('@daily', 2), next('@midnight', 2))
    assert.equal(next('@hourly', 2), '2026-01-01T00:00 2026-01-01T01:00')
  })

  it('may name its own zone first', () => {
    assert.equal(next('CRON_TZ=Asia/Tokyo 0 9 * * *', 1), '2026-01-01T00:00')
    assert.equal(next('TZ=Asia/Tokyo @daily', 1), '2026-01-01T15:00')
  })

  it('is read whatever the spaces between its fields', () => {
    assert.equal(next('  0\t9   * *  * ', 1), '2026-01-01T09:00')
    assert.equal(parseCron(' 0 9 * jan * ').pattern.definition, 'cron 0 0 9 * JAN *')
  })

  it('finds 29 February, also when it must be a Monday', () => {
    assert.equal(next('0 0 29 2 *', 2), '2028-02-29T00:00 2032-02-29T00:00')
    assert.equal(next('0 0 29 2/1 *'.replace('/1', ''), 1), '2028-02-29T00:00')
    assert.equal(next('* * 29 2 */1', 1), '2028-02-29T00:00')
    assert.equal(next('0 0 29-29/2 2 */6', 1), '2032-02-29T00:00')
  })
})

describe('a wrong cron expression', () => {
  const cases: readonly [expression: string, message: RegExp][] = [
    ['60 * * * *', /has minute 60; use 0 to 59$/],
    ['0 25 * * *', /^cron '0 25 \* \* \*' has hour 25; use 0 to 23$/],
    ['0 0 0 * *', /has day of month 0; use 1 to 31/],
    ['0 0 32 * *', /has day of month 32/],
    ['0 0 * 13 *', /has month 13; use 1 to 12 or JAN/],
    ['0 0 * jam *', /has month "JAM"; did you mean JAN\?/],
    ['0 0 * * 8', /has day of week 8; use 0 to 7 or SUN/],
    ['61 0 0 * * *', /has second 61/],
    ['5/15 * * * *', /step on the single minute "5\/15"; write "5-59\/15"/],
    ['/5 * * * *', /has minute "\/5"/],
    ['*/0 * * * *', /has step 0 in minute; use 1 to 60/],
    ['*/90 * * * *', /has step 90 in minute; use 1 to 60/],
    ['0 22-4 * * *', /runs backwards; write "22-23,0-4"/],
    ['0 0 * * FRI-MON', /runs backwards/],
    ['1,,2 * * * *', /has an empty minute/],
    ['1- * * * *', /has minute ""/],
    ['-1 * * * *', /has minute ""/],
    ['1.5 * * * *', /has minute "1.5"/],
    ['? * * * *', /has minute "\?"/],
    ['0 0 15,? * *', /special forms are L, L-3, LW or 15W/],
    ['0 0 * * L', /special forms are 5L, FRIL or MON#2/],
    ['0 0 * * MON#6', /use #1 to #5/],
    ['0 0 L-31 * *', /use L-1 to L-30/],
    ['H * * * *', /has minute "H"/],
    ['', /has 0 fields; use 5/],
    ['* * * *', /has 4 fields; use 5/],
    ['0 0 * * * * 2027', /has 7 fields/],
    ['@reboot', /where the process starts/],
    ['@dayly', /is no known nickname/],
    ['@constructor', /is no known nickname/],
    ['0 0 * constructor *', /has month "CONSTRUCTOR"/],
    ['0 0 30 2 *', /can never fire/],
    ['0 0 31 2,4,6,9,11 *', /can never fire/],
    ['0 0 31 4 ?', /can never fire/],
  ]
  for (const [expression, message] of cases)
    it(`is refused: "${expression}"`, () =>
      assert.throws(() => parseCron(expression), { code: 'E_BAD_CRON', message }))

  it('is refused with the zone that it names wrongly', () =>
    assert.throws(() => parseCron('CRON_TZ=Mars/Base 0 0 * * *'), { code: 'E_UNKNOWN_ZONE' }))
})

describe('any text', () => {
  function timingOrError(text: string) {
    try {
      const tick = timing(text).next(epoch('2026-01-01T00:00Z'), 0)
      assert.equal(tick === null || Number.isInteger(tick), true)
    } catch (error) {
      if (!isEquipageError(error, 'E_BAD_CRON') && !isEquipageError(error, 'E_UNKNOWN_ZONE'))
        throw error
    }
  }

  const piece = fc.constantFrom(
    ...' ,-/*?#@=LW0123456789'.split(''),
    ...[
      '*/',
      ' * ',
      'L-',
      'MON',
      'jan',
      '59',
      '31',
      '1-5',
      '#2',
      '@daily',
      'TZ=',
      'CRON_TZ=UTC ',
      '\t',
      '\0',
      'é',
      '𝟙',
    ],
  )
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.array(piece, { maxLength: 60 }).map(pieces => pieces.join('')),
    fc
      .array(
        fc.array(piece, { maxLength: 6 }).map(p => p.join('')),
        { minLength: 5, maxLength: 6 },
      )
      .map(fields => fields.join(' ')),
  )

  it('gives a timing or a clear error, within a millisecond', () => {
    timingOrError('warm */5 * * *')
    const property = fc.property(text, given =>
      assertBrief(() => timingOrError(given), 1, JSON.stringify(given)),
    )
    fc.assert(property, { numRuns: 3_000 })
  })

  it('does not hold the parser up by its length', () => {
    for (const unit of ['*', ',', '1,', '1-2/3,', ' ', '0 ', 'CRON_TZ=', '@', '-', 'L-'])
      assertBrief(() => timingOrError(unit.repeat(100_000)), 5, unit)
  })
})
