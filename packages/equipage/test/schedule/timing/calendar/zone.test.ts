import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Temporal as Polyfill } from 'temporal-polyfill/implementation'
import { Zone, zoneNamed } from '../../../../src/schedule/timing/calendar/zone.ts'
import {
  changesOf,
  epoch,
  everyZone,
  hourMs,
  minuteMs,
  offsetAt,
} from '../../support/wall-clock.ts'

const from = epoch('2018-01-01T00:00Z')
const to = epoch('2032-01-01T00:00Z')

describe('a zone', () => {
  it('tells the offset that Temporal tells, in every zone and around every change', () => {
    for (const name of everyZone) {
      const zone = new Zone(name)
      for (const change of changesOf(name, from, to))
        for (const instant of [change - hourMs, change - 1, change, change + 1, change + hourMs])
          assert.equal(zone.offsetAt(instant), offsetAt(instant, name), `${name} ${instant}`)
    }
  })

  it('tells the same whatever was asked before', () => {
    const instant = fc.integer({ min: epoch('1850-01-01T00:00Z'), max: epoch('2500-01-01T00:00Z') })
    const property = fc.property(
      fc.constantFrom(...everyZone),
      fc.array(instant, { minLength: 1, maxLength: 8 }),
      (name, instants) => {
        const zone = new Zone(name)
        for (const at of instants) assert.equal(zone.offsetAt(at), offsetAt(at, name))
      },
    )
    fc.assert(property, { numRuns: 400 })
  })

  it('puts a wall time at the first instant that has reached it, around every change of every zone', () => {
    for (const name of everyZone) {
      const zone = new Zone(name)
      for (const change of changesOf(name, epoch('2024-01-01T00:00Z'), to)) {
        let reached = Number.NEGATIVE_INFINITY
        for (let at = change - 27 * hourMs; at < change + 27 * hourMs; at += 15 * minuteMs) {
          const local = at + offsetAt(at, name)
          if (local > reached) {
            assert.equal(zone.instantOf(local), at, `${name} ${new Date(local).toISOString()}`)
            reached = local
          }
          assert.equal(zone.reachedAt(at) >= reached, true)
        }
        const before = change - 1 + offsetAt(change - 1, name)
        const after = change + offsetAt(change, name)
        // Inside the gap, if there is one: the first instant after it.
        for (let local = before + 1; local < after; local += 10 * minuteMs)
          assert.equal(zone.instantOf(local), change, name)
      }
    }
  })

  it('knows days that a zone left out, and offsets of half and quarter hours', () => {
    const apia = zoneNamed('Pacific/Apia', 'test')
    assert.equal(apia.instantOf(epoch('2011-12-30T12:00Z')), epoch('2011-12-30T10:00Z'))
    assert.equal(
      zoneNamed('Asia/Kathmandu', 'test').instantOf(epoch('2026-01-01T00:00Z')),
      epoch('2025-12-31T18:15Z'),
    )
    const lordHowe = zoneNamed('Australia/Lord_Howe', 'test')
    const change = epoch('2026-04-04T15:00Z')
    assert.equal(lordHowe.offsetAt(change - 1) - lordHowe.offsetAt(change), 30 * minuteMs)
  })

  it('is one table for all spellings of its name', () => {
    assert.equal(zoneNamed('europe/madrid', 'a'), zoneNamed('Europe/Madrid', 'b'))
    assert.equal(zoneNamed('europe/madrid', 'a').name, 'Europe/Madrid')
  })

  it('does not need the native Temporal: the polyfill tells the same changes', () => {
    for (const name of ['Europe/Madrid', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Gaza']) {
      const at = Polyfill.Instant.fromEpochMilliseconds(epoch('2026-01-01T00:00Z'))
      const change = at.toZonedDateTimeISO(name).getTimeZoneTransition('next')
      assert.equal(change?.epochMilliseconds, changesOf(name, epoch('2026-01-01T00:00Z'), to)[0])
    }
  })
})
