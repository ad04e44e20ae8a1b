import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Circumstances, fateSentence } from '../../../src/cli/schedule/fate-sentence.ts'
import type { TickFate } from '../../../src/cli/schedule/tick-fates.ts'
import type { LedgerRow } from '../../../src/connection/index.ts'
import type { ScheduleBuilder } from '../../../src/schedule/writing/schedule-builder.ts'
import type { Timetable } from '../../../src/schedule/writing/timetable.ts'
import { inMadrid } from '../../schedule/support/timetables.ts'
import { on, row, state } from '../support/ledger-rows.ts'

type Write = (timetable: Timetable) => ScheduleBuilder

const plain: Write = timetable => timetable.every(10).minutes

function circumstances(differs: Partial<Circumstances> = {}, write = plain): Circumstances {
  const { schedule } = write(inMadrid().timetable).do(() => {})
  const nothing = { pauses: [], downtimes: [] }
  return { schedule, state: state('10:00'), now: on('12:00'), ...nothing, ...differs }
}

/** The sentence about a tick that has a row of its own. */
const ofRow = (given: LedgerRow, differs?: Partial<Circumstances>, write?: Write): string => {
  const { tick, first, count, fate } = given
  return fateSentence({ tick, first, count, fate, row: given }, circumstances(differs, write))
}

/** The sentence about a tick without one. */
const ofNone = (tick: string, fate: TickFate, differs?: Partial<Circumstances>): string => {
  const own = { tick: on(tick), first: on(tick), count: 1, fate, row: null }
  return fateSentence(own, circumstances(differs))
}

describe('the sentence about a tick that fired', () => {
  it('says how late, by whom, as which job and how long it took', () => {
    assert.equal(ofRow(row('10:00')), 'fired on time by host:1')
    assert.equal(
      ofRow(row('10:00', { lagMs: 3, process: 'host:123', jobId: '57' })),
      'fired 3ms late by host:123 as job 57',
    )
    assert.equal(
      ofRow(row('10:00', { lagMs: 3, durationMs: 90_000 })),
      'fired 3ms late by host:1, and took 1m 30s',
    )
  })

  it('says that it was a misfire, or that it waited', () => {
    assert.equal(
      ofRow(row('10:00', { lagMs: 7_200_000, misfire: true })),
      'fired 2h late, as a misfire, by host:1',
    )
    assert.equal(
      ofRow(row('10:00', { lagMs: 5_000, reason: 'queued' })),
      'fired 5s late, when the run before had ended, by host:1',
    )
  })

  it('says that it runs', () => {
    assert.equal(
      ofRow(row('10:00', { fate: 'running', lagMs: 2_000 })),
      'running since 2026-11-21 11:00:02+01:00 in host:1',
    )
  })
})

describe('the sentence about a tick that was skipped', () => {
  const skipped = (reason: LedgerRow['reason']) => row('10:00', { fate: 'skipped', reason })

  it('says that the run before had not ended, or that a condition was not met', () => {
    assert.equal(ofRow(skipped('overlap')), 'skipped: the run before had not ended')
    assert.equal(ofRow(skipped('condition')), 'skipped: a condition was not met')
  })

  it('says in which environments it fires', () => {
    const write: Write = timetable => timetable.every(10).minutes.environments('production')
    assert.equal(
      ofRow(skipped('environment'), {}, write),
      'skipped: host:1 ran in another environment, and it fires in production alone',
    )
  })

  it('says when it was paused, as far as that is known', () => {
    const pauses = [
      { from: on('08:00'), to: on('08:30') },
      { from: on('09:45'), to: on('10:15') },
      { from: on('11:00'), to: null },
    ]
    assert.equal(
      ofRow(skipped('paused'), { pauses }),
      'skipped: it was paused from 2026-11-21 10:45:00+01:00 to 2026-11-21 11:15:00+01:00',
    )
    assert.equal(
      ofRow(skipped('paused'), { pauses: [{ from: on('09:45'), to: null }] }),
      'skipped: it is paused since 2026-11-21 10:45:00+01:00',
    )
    assert.equal(ofRow(skipped('paused')), 'skipped: it was paused')
  })

  it('says which job was in the way of the one that was refused', () => {
    assert.equal(
      ofRow({ ...skipped('refused'), jobId: '7' }),
      'skipped: its job was refused, because job 7 of the same key was in its way',
    )
  })
})

describe('the sentence about a tick that was missed', () => {
  const missed = row('10:00', { fate: 'missed', lagMs: 3_600_000 })

  it('says when no scheduler was running, and what the policy is', () => {
    const downtimes = [{ from: on('09:45'), to: on('10:45') }]
    const write: Write = timetable => timetable.every(10).minutes.misfire('skip')
    assert.equal(
      ofRow(missed, { downtimes }, write),
      'missed: no scheduler was running from 2026-11-21 10:45:00+01:00 to 2026-11-21 11:45:00+01:00, and the policy skips misfires',
    )
  })

  it('says how late it was decided when a scheduler was running', () => {
    const write: Write = timetable => timetable.every(10).minutes.misfire('all', { within: '30m' })
    assert.equal(
      ofRow(missed, {}, write),
      'missed: it was decided 1h late by host:1, and the policy fires every misfire, up to 30m late',
    )
  })

  it('counts how late an earlier tick of the same row was', () => {
    const several = row('10:00', { first: on('09:40'), count: 3, fate: 'missed', lagMs: 60_000 })
    const own = {
      tick: on('09:40'),
      first: on('09:40'),
      count: 1,
      fate: several.fate,
      row: several,
    }
    assert.equal(
      fateSentence(own, circumstances()),
      'missed: it was decided 21m late by host:1, and the policy fires the latest misfire alone',
    )
    assert.match(ofRow(several), /^3 ticks: missed: /)
  })
})

describe('the sentence about a tick that failed', () => {
  it('says what its error was, or that its process died', () => {
    const fate = 'failed' as const
    assert.equal(
      ofRow(row('10:00', { fate, reason: 'error', error: 'out of paper', durationMs: 5 })),
      'failed: out of paper (in host:1, and took 5ms)',
    )
    assert.equal(
      ofRow(row('10:00', { fate, reason: 'interrupted', process: 'host:12' })),
      'failed: interrupted, its process host:12 died',
    )
  })
})

describe('the sentence about a tick without a row', () => {
  it('says that it is not due, or who decides it and how', () => {
    assert.equal(ofNone('13:00', 'pending'), 'pending: it is not due yet')
    assert.equal(
      ofNone('11:00', 'pending'),
      'pending: not decided yet; a scheduler decides it by its misfire policy, and the policy fires the latest misfire alone',
    )
    assert.equal(
      ofNone('11:00', 'pending', { downtimes: [{ from: on('10:30'), to: null }] }),
      'pending: not decided yet (no scheduler is running since 2026-11-21 11:30:00+01:00); a scheduler decides it by its misfire policy, and the policy fires the latest misfire alone',
    )
  })

  it('says that it falls into a pause', () => {
    const paused = { state: state('10:00', { pausedAt: on('10:30') }) }
    assert.equal(
      ofNone('11:00', 'pending', paused),
      'pending: not decided yet; it is paused since 2026-11-21 11:30:00+01:00, so a scheduler will skip it',
    )
    assert.equal(
      ofNone('13:00', 'pending', paused),
      'pending: it is not due yet, and it is paused since 2026-11-21 11:30:00+01:00',
    )
  })

  it('says when it was registered, or that it is not', () => {
    assert.equal(
      ofNone('08:00', 'before registration'),
      'before registration: it was registered at 2026-11-21 10:00:00+01:00',
    )
    assert.equal(
      ofNone('08:00', 'before registration', {
        state: state('09:00', { registered: false }),
      }),
      'before registration: no scheduler has registered this timing yet',
    )
  })

  it('says that its row is gone, or that its function ended it', () => {
    assert.match(ofNone('09:10', 'not kept'), /^not kept: .*SCHEDULER_LEDGER_AGE/)
    assert.equal(ofNone('10:10', 'ended'), 'ended: its function had answered stop')
  })
})
