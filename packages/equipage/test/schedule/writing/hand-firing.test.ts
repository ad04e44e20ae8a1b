import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isEquipageError } from '../../../src/core/errors.ts'
import type { Pushable } from '../../../src/job/pushing/pushable.ts'
import { stop, type TickContext } from '../../../src/schedule/writing/action.ts'
import { inMadrid } from '../support/timetables.ts'

const minute = 60_000

describe('a timetable that fires by hand', () => {
  it('fires what is due, in the order of the ticks, and nothing twice', async () => {
    const { timetable, clock } = inMadrid()
    const fired: string[] = []
    timetable.every(10).minutes.do(() => fired.push('ten'))
    timetable.every(4).minutes.do(() => fired.push('four'))
    await timetable.runPending()
    assert.deepEqual(fired, [])
    clock.pass(10 * minute)
    await timetable.runPending()
    await timetable.runPending()
    assert.deepEqual(fired, ['four', 'ten'])
    clock.pass(2 * minute)
    await timetable.runPending()
    assert.deepEqual(fired, ['four', 'ten', 'four'])
  })

  it('tells a function the latest tick that it missed', async () => {
    const { timetable, clock } = inMadrid()
    const ticks: TickContext[] = []
    timetable
      .every(10)
      .minutes.name('poll')
      .do(tick => {
        ticks.push(tick)
      })
    clock.pass(10 * minute)
    await timetable.runPending()
    clock.pass(25 * minute)
    await timetable.runPending()
    const [first, second] = ticks
    assert.equal(first?.previous, null)
    assert.equal(first?.misfire, false)
    assert.equal(first?.lagMs, 0)
    assert.equal(second?.schedule, 'poll')
    assert.equal(second?.scheduledFor.toISOString(), '2026-11-21T10:45:30.000Z')
    assert.equal(second?.previous?.toISOString(), '2026-11-21T10:25:30.000Z')
    assert.equal(second?.lagMs, 5 * minute)
    assert.equal(second?.misfire, true)
    assert.equal(second?.date, '2026-11-21')
  })

  it('finds the latest of very many missed ticks, and fires that alone', async () => {
    const { timetable, clock } = inMadrid()
    const fired: number[] = []
    timetable.every().millisecond.do(tick => void fired.push(tick.scheduledFor.getTime()))
    clock.pass(365 * 86_400_000)
    await timetable.runPending()
    assert.deepEqual(fired, [clock.now()])
  })

  it('does not fire again what answered stop', async () => {
    const { timetable, clock } = inMadrid()
    let fired = 0
    timetable.every().minute.do(() => {
      fired++
      return stop
    })
    for (let n = 0; n < 3; n++) {
      clock.pass(minute)
      await timetable.runPending()
    }
    assert.equal(fired, 1)
    assert.equal(timetable.schedules.length, 0)
  })

  it('tries every schedule, then throws what one of them threw, several together', async () => {
    const { timetable, clock } = inMadrid()
    let fired = 0
    const fails = (text: string) => () => {
      throw new Error(text)
    }
    timetable.every().minute.do(fails('one'))
    timetable.every().minute.do(() => fired++)
    clock.pass(minute)
    await assert.rejects(timetable.runPending(), { message: 'one' })
    assert.equal(fired, 1)
    timetable.every().minute.do(fails('two'))
    clock.pass(minute)
    await assert.rejects(
      timetable.runPending(),
      error => error instanceof AggregateError && error.errors.length === 2,
    )
    assert.equal(fired, 2)
  })

  it('asks conditions and compares environments', async () => {
    const { timetable, clock } = inMadrid(undefined, { environment: 'staging' })
    const fired: string[] = []
    timetable
      .every()
      .minute.when(async () => true)
      .do(() => fired.push('when'))
    timetable
      .every()
      .minute.when(() => true)
      .when(() => 0)
      .do(() => fired.push('not when'))
    timetable
      .every()
      .minute.skip(() => false)
      .do(() => fired.push('skip'))
    timetable
      .every()
      .minute.skip(async () => true)
      .do(() => fired.push('not skip'))
    timetable
      .every()
      .minute.environments('staging')
      .do(() => fired.push('here'))
    timetable
      .every()
      .minute.environments(['production'])
      .do(() => fired.push('not here'))
    clock.pass(minute)
    await timetable.runPending()
    assert.deepEqual(fired, ['when', 'skip', 'here'])
  })

  it('pushes through what it was handed, and says so when it was handed nothing', async () => {
    const job: Pushable<{ date: string }> = { kind: 'job', name: 'report' }
    const pushed: unknown[] = []
    const push = (what: Pushable, payload: unknown) => pushed.push([what.name, payload])
    const { timetable, clock } = inMadrid(undefined, { push })
    timetable.every().minute.push(job, { date: 'constant' })
    timetable.every().minute.push(job, async tick => ({ date: tick.date }))
    clock.pass(minute)
    await timetable.runPending()
    assert.deepEqual(pushed, [
      ['report', { date: 'constant' }],
      ['report', { date: '2026-11-21' }],
    ])
    const alone = inMadrid()
    alone.timetable.every().minute.push(job, { date: '' })
    await assert.rejects(alone.timetable.runAll(), error =>
      isEquipageError(error, 'E_SCHEDULE_NEEDS_QUEUE'),
    )
  })

  it('fires everything at once when it is told to', async () => {
    const { timetable } = inMadrid()
    const fired: number[] = []
    timetable.every().year.do(() => fired.push(1))
    timetable.every().minute.do(() => fired.push(2))
    await timetable.runAll()
    assert.deepEqual(fired, [1, 2])
  })

  it('knows its next run and how long it has nothing to do', async () => {
    const { timetable, clock } = inMadrid()
    assert.equal(String(timetable.nextRun), 'null')
    assert.equal(timetable.idleSeconds, null)
    timetable.every().hour.do(() => {})
    timetable
      .every()
      .day.at('11:20')
      .do(() => {})
    assert.equal(String(timetable.nextRun), '2026-11-21T11:20:00+01:00[Europe/Madrid]')
    assert.equal(timetable.idleSeconds, 270)
    clock.pass(300_000)
    assert.equal(timetable.idleSeconds, -30)
    await timetable.runPending()
    assert.equal(timetable.idleSeconds, 3_300)
  })

  it('finds, clears and cancels by tag and one by one', () => {
    const { timetable } = inMadrid()
    const { schedules } = timetable
    const one = timetable
      .every()
      .hour.tag('a', 'b')
      .do(() => {})
    timetable
      .every()
      .hour.do(() => {})
      .tag('b')
    timetable.every().hour.do(() => {})
    assert.deepEqual(timetable.all('a'), [one.schedule])
    assert.equal(timetable.all('b').length, 2)
    assert.equal(timetable.all().length, 3)
    timetable.cancel(one)
    timetable.cancel(one)
    assert.equal(timetable.all('b').length, 1)
    timetable.clear('b')
    assert.equal(timetable.schedules.length, 1)
    timetable.clear()
    assert.equal(String(timetable.nextRun), 'null')
    assert.equal(schedules, timetable.schedules)
  })
})
