import assert from 'node:assert/strict'
import { test } from 'node:test'
import { typedSpans } from '../../../../src/cli/schedule/simulating/typed-spans.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const told = (...given: string[]) =>
  typedSpans(given, 'Europe/Madrid', now, '--down').map(({ from, to }) => [
    new Date(from).toISOString().slice(0, 16),
    to && new Date(to).toISOString().slice(0, 16),
  ])

test('a span is two instants, in the zone where they name none', () => {
  assert.deepEqual(told('2026-11-21..2026-11-22 08:00'), [['2026-11-20T23:00', '2026-11-22T07:00']])
  assert.deepEqual(told('2h .. 2026-11-21T13:00Z'), [['2026-11-21T10:00', '2026-11-21T13:00']])
})

test('without an end it goes on', () => {
  assert.deepEqual(told('2026-11-21T10:00Z..'), [['2026-11-21T10:00', null]])
})

test('spans come in their order, and those that meet as one', () => {
  assert.deepEqual(
    told(
      '2026-11-23T00:00Z..2026-11-24T00:00Z',
      '2026-11-21T00:00Z..2026-11-22T00:00Z',
      '2026-11-22T00:00Z..2026-11-22T12:00Z',
      '2026-11-23T06:00Z..2026-11-23T07:00Z',
    ),
    [
      ['2026-11-21T00:00', '2026-11-22T12:00'],
      ['2026-11-23T00:00', '2026-11-24T00:00'],
    ],
  )
  assert.deepEqual(told('2026-11-21T00:00Z..', '2026-11-22T00:00Z..2026-11-23T00:00Z'), [
    ['2026-11-21T00:00', null],
  ])
})

test('what is no span is refused, with what is', () => {
  for (const given of ['', '..', '..2026-11-21', '2026-11-21', 'a..b', '1h..1h', '3h..2h..1h']) {
    assert.throws(() => told(given), { code: 'E_BAD_ARGUMENT', message: /^--down: expected / })
  }
})
