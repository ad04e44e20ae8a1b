import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { scheduleRows, scheduleRowsTable } from '../../../src/cli/schedule/schedule-rows.ts'
import { stateOf } from '../../../src/cli/schedule/schedule-state.ts'
import type { StoredSchedule } from '../../../src/connection/index.ts'
import { endOfTime } from '../../../src/schedule/firing/end-of-time.ts'
import type { Schedule } from '../../../src/schedule/writing/schedule.ts'
import { inMadrid } from '../../schedule/support/timetables.ts'
import { on, row } from '../support/ledger-rows.ts'

const now = on('10:15')

function poll(): Schedule {
  const { timetable } = inMadrid('2026-11-21T10:15:00Z')
  return timetable
    .every(10)
    .minutes.name('poll')
    .tag('feeds')
    .do(() => {}).schedule
}

/** The schedule as it stands with what is stored of it, registered at 09:03. */
function placed(differs?: Partial<StoredSchedule>) {
  const schedule = poll()
  const { name = '', definition } = schedule
  const own = { anchor: on('09:03'), cursor: on('10:13'), pausedAt: null, last: null }
  const stored = differs && { name, definition, ...own, ...differs }
  return [{ schedule, state: stateOf(schedule, stored, now) }]
}

describe('the rows of schedules', () => {
  it('count the next tick from the anchor that is stored', () => {
    assert.deepEqual(scheduleRows(placed({ last: row('10:13', { lagMs: 3, jobId: '57' }) }), now), [
      {
        name: 'poll',
        timing: 'every 10 minutes',
        zone: 'Europe/Madrid',
        tags: ['feeds'],
        paused: false,
        pausedAt: null,
        last: {
          tick: '2026-11-21T10:13:00.000Z',
          first: '2026-11-21T10:13:00.000Z',
          count: 1,
          fate: 'fired',
          reason: null,
          error: null,
          misfire: false,
          lagMs: 3,
          process: 'host:1',
          durationMs: null,
          jobId: '57',
        },
        next: '2026-11-21T11:23:00+01:00',
        nextUtc: '2026-11-21T10:23:00.000Z',
        registered: true,
      },
    ])
  })

  it('count it from now where nothing is stored, or another timing is', () => {
    for (const differs of [undefined, { definition: 'every 5 ms#0' }]) {
      const [one] = scheduleRows(placed(differs), now)
      assert.deepEqual([one?.next, one?.registered], ['2026-11-21T11:25:00+01:00', false])
    }
  })

  it('keep the anchor when only the action has changed', () => {
    const definition = `${poll().definition.replace(/#\w+$/, '')}#other`
    const [one] = scheduleRows(placed({ definition }), now)
    assert.deepEqual([one?.nextUtc, one?.registered], ['2026-11-21T10:23:00.000Z', true])
  })

  it('pass over ticks that have been decided ahead of this clock', () => {
    assert.equal(
      scheduleRows(placed({ cursor: on('10:33') }), now)[0]?.nextUtc,
      '2026-11-21T10:43:00.000Z',
    )
  })

  it('have no next tick after the function answered stop', () => {
    const ended = placed({ cursor: endOfTime })
    assert.deepEqual(
      scheduleRows(ended, now).map(({ next, nextUtc }) => [next, nextUtc]),
      [[null, null]],
    )
    assert.match(scheduleRowsTable(ended, now), /never again$/)
  })
})

describe('the table of the same', () => {
  it('shows the last tick and its fate, and the next in the zone and in UTC', () => {
    const last = row('10:13', { fate: 'skipped', reason: 'paused' })
    const pausedAt = on('10:12')
    assert.deepEqual(scheduleRowsTable(placed({ last, pausedAt }), now).split('\n'), [
      'schedule  timing            zone           last tick                                   next tick                  in UTC                state',
      '--------  ----------------  -------------  ------------------------------------------  -------------------------  --------------------  --------------------------------------',
      'poll      every 10 minutes  Europe/Madrid  2026-11-21 11:13:00+01:00 skipped (paused)  2026-11-21 11:23:00+01:00  2026-11-21 10:23:00Z  paused since 2026-11-21 11:12:00+01:00',
    ])
  })

  it('says that a misfire was one, and what is not registered', () => {
    const last = row('10:13', { misfire: true })
    assert.match(scheduleRowsTable(placed({ last }), now), /fired \(misfire\)/)
    assert.match(scheduleRowsTable(placed(), now), / none .* not registered$/m)
  })

  it('says so when there is none', () => {
    assert.equal(scheduleRowsTable([], now), 'no schedules: register() wrote none')
  })
})
