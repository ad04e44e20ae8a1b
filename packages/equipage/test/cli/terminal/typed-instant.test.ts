import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { typedInstant } from '../../../src/cli/terminal/typed-instant.ts'

const now = Date.parse('2026-11-21T10:00:00Z')
const typed = (text: string, zone = 'Europe/Madrid') =>
  new Date(typedInstant(text, zone, now, '--from')).toISOString()

describe('an instant that a person types', () => {
  for (const [text, instant] of [
    ['2026-11-20T03:00:00Z', '2026-11-20T03:00:00.000Z'],
    ['2026-11-20T03:00Z', '2026-11-20T03:00:00.000Z'],
    ['2026-11-20T03:00:00.250Z', '2026-11-20T03:00:00.250Z'],
    ['2026-11-20 03:00:00+01:00', '2026-11-20T02:00:00.000Z'],
    ['2026-11-20T03:00:00-0500', '2026-11-20T08:00:00.000Z'],
    ['2026-11-20', '2026-11-19T23:00:00.000Z'],
    ['2026-11-20 03:00', '2026-11-20T02:00:00.000Z'],
    ['2026-11-20T03:00:30', '2026-11-20T02:00:30.000Z'],
    ['2026-07-20 03:00', '2026-07-20T01:00:00.000Z'],
    [' 2h ', '2026-11-21T08:00:00.000Z'],
    ['1h30m', '2026-11-21T08:30:00.000Z'],
    ['2d', '2026-11-19T10:00:00.000Z'],
    ['250ms', '2026-11-21T09:59:59.750Z'],
  ] as const) {
    it(`may be ${text}`, () => assert.equal(typed(text), instant))
  }

  it('is the first instant after a gap of the clocks, and the first of two in an overlap', () => {
    assert.equal(typed('2026-03-29 02:30'), '2026-03-29T01:00:00.000Z')
    assert.equal(typed('2026-10-25 02:30'), '2026-10-25T00:30:00.000Z')
  })

  for (const text of [
    '',
    'yesterday',
    '250',
    '-2h',
    '2x',
    '03:00',
    '2026-02-30',
    '2026-11-20 25:00',
    '2026-11-20T03:00+99:00',
    '999999999w',
    '+275760-09-13',
  ]) {
    it(`is none when it is '${text}', and the message says what it may be`, () => {
      assert.throws(() => typed(text), {
        code: 'E_BAD_ARGUMENT',
        message: `--from: expected an instant such as 2026-11-21T03:00:00Z, a date or a time in the schedule's zone such as 2026-11-21 or '2026-11-21 03:00', or how long ago, such as 2h, got '${text}'`,
      })
    })
  }
})
