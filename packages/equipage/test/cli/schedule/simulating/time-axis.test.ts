import assert from 'node:assert/strict'
import { test } from 'node:test'
import { axisMarks } from '../../../../src/cli/schedule/simulating/time-axis.ts'

const labels = (from: string, to: string, zone: string, most: number) =>
  axisMarks(Date.parse(from), Date.parse(to), zone, most).map(({ label }) => label)

test('an axis of some hours has round times of day, and a date at midnight', () => {
  assert.deepEqual(labels('2026-06-01T20:10Z', '2026-06-02T02:00Z', 'UTC', 4), [
    '22:00',
    '2026-06-02',
    '02:00',
  ])
})

test('an axis of some minutes or seconds has those', () => {
  assert.deepEqual(labels('2026-06-01T20:00Z', '2026-06-01T20:20Z', 'UTC', 4), [
    '20:00',
    '20:05',
    '20:10',
    '20:15',
    '20:20',
  ])
  assert.deepEqual(labels('2026-06-01T20:00Z', '2026-06-01T20:00:10Z', 'UTC', 2), [
    '20:00:00',
    '20:00:05',
    '20:00:10',
  ])
})

test('an axis of days has their first moments in the zone', () => {
  const marks = axisMarks(
    Date.parse('2026-03-28T12:00Z'),
    Date.parse('2026-03-31T12:00Z'),
    'Europe/Madrid',
    4,
  )
  assert.deepEqual(
    marks.map(({ at, label }) => `${label} ${new Date(at).toISOString()}`),
    [
      '2026-03-29 2026-03-28T23:00:00.000Z',
      '2026-03-30 2026-03-29T22:00:00.000Z',
      '2026-03-31 2026-03-30T22:00:00.000Z',
    ],
  )
})

test('across a change of clocks the times stay round, and none comes twice', () => {
  const day = (date: string, next: string) => labels(date, next, 'Europe/Madrid', 8)
  assert.deepEqual(day('2026-03-28T23:00Z', '2026-03-29T21:59Z').slice(0, 4), [
    '2026-03-29',
    '03:00',
    '06:00',
    '09:00',
  ])
  const all = labels('2026-03-28T23:00Z', '2026-03-29T05:00Z', 'Europe/Madrid', 8)
  assert.deepEqual(all, ['2026-03-29', '01:00', '03:00', '04:00', '05:00', '06:00', '07:00'])
})

test('an axis has no more marks than it is told, however long it is', () => {
  for (const years of [1, 7, 90]) {
    const marks = labels('2000-01-01T00:00Z', `${2000 + years}-01-01T00:00Z`, 'UTC', 10)
    assert.ok(marks.length >= 2 && marks.length <= 11, `${marks.length} for ${years} years`)
  }
})
