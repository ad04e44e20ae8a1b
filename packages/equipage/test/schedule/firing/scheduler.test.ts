import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { stop, type Timetable } from '../../../src/schedule/index.ts'
import { notedJob as job, world } from '../support/world.ts'

const minute = 60_000
const hour = 60 * minute

suite('a scheduler', { concurrency: true }, () => {
  test('pushes the job of each tick, with the tick on it, and logs it', async t => {
    const { clock, boot, ran, lines } = world(t)
    await boot(schedule => {
      schedule.every(10).minutes.push(job, tick => ({ at: tick.scheduledFor.toISOString() }))
    })
    await clock.advance(30 * minute)
    const onTime = { schedule: 'noted', lagMs: 0, misfire: false }
    const [ten, twenty, thirty] = [10, 20, 30].map(minutes => `2026-01-01T00:${minutes}:00.000Z`)
    assert.deepEqual(ran, [
      { ...onTime, scheduledFor: ten, previous: null },
      { ...onTime, scheduledFor: twenty, previous: ten },
      { ...onTime, scheduledFor: thirty, previous: twenty },
    ])
    const line = lines.find(({ msg }) => msg === 'tick fired')
    assert.deepEqual(
      { schedule: line?.['schedule'], tick: line?.['tick'], lagMs: line?.['lagMs'] },
      { schedule: 'noted', tick: '2026-01-01T00:10:00.000Z', lagMs: 0 },
    )
  })

  test('runs a function inline, and tells it about its tick', async t => {
    const { clock, boot } = world(t)
    const told: unknown[] = []
    await boot(schedule => {
      schedule
        .every()
        .day.at('03:00', 'Europe/Madrid')
        .do(function report(name: string, tick) {
          told.push([
            name,
            tick.schedule,
            tick.scheduledFor.toISOString(),
            tick.date,
            tick.previous,
            tick.misfire,
          ])
        }, 'weekly')
    })
    await clock.advance(24 * hour)
    assert.deepEqual(told, [
      ['weekly', 'report', '2026-01-01T02:00:00.000Z', '2026-01-01', null, false],
    ])
  })

  test('goes on after a function that throws, and logs the error with schedule and tick', async t => {
    const { clock, boot, lines } = world(t)
    let runs = 0
    await boot(schedule => {
      schedule.every(1).minute.do(function broken() {
        runs++
        throw new Error('no good')
      })
    })
    await clock.advance(3 * minute)
    assert.equal(runs, 3)
    const failures = lines.filter(({ msg }) => msg === 'the function of a schedule failed')
    assert.equal(failures.length, 3)
    assert.deepEqual(
      [failures[0]?.['schedule'], failures[0]?.['tick']],
      ['broken', '2026-01-01T00:01:00.000Z'],
    )
  })

  test('a slow function does not hold up the ticks of others, nor its own', async t => {
    const { clock, boot, instants } = world(t)
    let begun = 0
    await boot(schedule => {
      schedule.every(1).minute.do(function endless() {
        begun++
        return new Promise(() => undefined)
      })
      schedule.every(1).minute.push(job, { at: 'now' })
    })
    await clock.advance(3 * minute)
    assert.deepEqual(instants(), ['00:01:00', '00:02:00', '00:03:00'])
    assert.equal(begun, 3)
  })

  test('a restart neither resets the phase nor fires twice', async t => {
    const { clock, boot, instants } = world(t)
    const register = (schedule: Timetable<unknown>) => {
      schedule.every(10).minutes.push(job, { at: 'now' })
    }
    const first = await boot(register)
    await clock.advance(13 * minute)
    await first.stop()
    await clock.advance(4 * minute)
    await boot(register)
    await clock.advance(13 * minute)
    assert.deepEqual(instants(), ['00:10:00', '00:20:00', '00:30:00'])
  })

  test('a changed timing starts anew', async t => {
    const { clock, boot, instants } = world(t)
    const first = await boot(schedule => schedule.every(10).minutes.push(job, { at: 'now' }))
    await clock.advance(13 * minute)
    await first.stop()
    await boot(schedule => schedule.every(15).minutes.push(job, { at: 'now' }))
    await clock.advance(17 * minute)
    assert.deepEqual(instants(), ['00:10:00', '00:28:00'])
  })

  const downtime = async (
    t: TestContext,
    register: (schedule: Timetable<unknown>) => void,
    downMs: number,
  ) => {
    const { clock, boot, ran } = world(t)
    const first = await boot(register)
    await clock.advance(10 * minute)
    await first.stop()
    ran.length = 0
    await clock.advance(downMs)
    await boot(register)
    await clock.advance(0)
    return ran.map(({ scheduledFor }) => scheduledFor.slice(11, 19))
  }

  test('after 53 minutes without it, "once" fires the latest missed tick of ten', async t => {
    const caught = await downtime(
      t,
      schedule => schedule.every(5).minutes.misfire('once').push(job, { at: 'now' }),
      53 * minute,
    )
    assert.deepEqual(caught, ['01:00:00'])
  })

  test('"all" fires every missed tick, in order', async t => {
    const caught = await downtime(
      t,
      schedule => schedule.every(5).minutes.misfire('all').push(job, { at: 'now' }),
      18 * minute,
    )
    assert.deepEqual(caught, ['00:15:00', '00:20:00', '00:25:00'])
  })

  test('"all" within a window drops what is older', async t => {
    const caught = await downtime(
      t,
      schedule =>
        schedule.every(5).minutes.misfire('all', { within: '10m' }).push(job, { at: 'now' }),
      18 * minute,
    )
    assert.deepEqual(caught, ['00:20:00', '00:25:00'])
  })

  test('"skip" fires none of them', async t => {
    const caught = await downtime(
      t,
      schedule => schedule.every(5).minutes.misfire('skip').push(job, { at: 'now' }),
      18 * minute,
    )
    assert.deepEqual(caught, [])
  })

  test('a machine that slept through a daily tick fires it within a second of waking', async t => {
    const { clock, boot, instants } = world(t, { steady: false })
    await boot(schedule => schedule.every().day.at('03:00').push(job, { at: 'now' }))
    await clock.advance(hour)
    clock.sleep(5 * hour)
    await clock.advance(1_000)
    assert.deepEqual(instants(), ['03:00:00'])
  })

  test('a tick whose condition says no is skipped with its reason, and so is one whose condition fails', async t => {
    const { clock, boot, ran, lines } = world(t)
    let open = false
    await boot(schedule => {
      schedule
        .every(1)
        .minute.name('conditional')
        .when(() => open)
        .push(job, { at: 'now' })
      schedule
        .every(1)
        .minute.name('doubtful')
        .when(() => Promise.reject(new Error('cannot say')))
        .push(job, { at: 'now' })
    })
    await clock.advance(minute)
    assert.deepEqual(ran, [])
    const skipped = lines.filter(({ msg }) => msg === 'tick skipped')
    assert.deepEqual(skipped.map(line => [line['schedule'], line['reason']]).toSorted(), [
      ['conditional', 'condition'],
      ['doubtful', 'condition'],
    ])
    open = true
    await clock.advance(minute)
    assert.deepEqual(
      ran.map(({ schedule }) => schedule),
      ['conditional'],
    )
  })

  test('a payload that cannot be made, or that the job does not accept, fails its tick alone', async t => {
    const { clock, boot, ran, lines } = world(t)
    await boot(schedule => {
      const wrong = () => ({ at: 7 }) as unknown as { at: string }
      schedule.every(1).minute.name('wrong').push(job, wrong)
      schedule.every(1).minute.name('right').push(job, { at: 'now' })
    })
    await clock.advance(minute)
    assert.deepEqual(
      ran.map(({ schedule }) => schedule),
      ['right'],
    )
    const line = lines.find(({ msg }) => msg === 'tick failed: its job could not be made')
    assert.match(JSON.stringify(line?.['err']), /payload\.at/)
  })

  test('stop ends it: no tick fires afterwards, and stopping again, or before the start, is fine', async t => {
    const { clock, boot, ran } = world(t)
    const { scheduler } = await boot(schedule => schedule.every(1).minute.push(job, { at: 'now' }))
    await clock.advance(minute)
    scheduler.shouldExit = true
    assert.equal(scheduler.shouldExit, true)
    await scheduler.stop()
    await clock.advance(hour)
    assert.equal(ran.length, 1)
    assert.equal(scheduler.fired, 1)
  })

  test('a process whose definition was replaced by a newer deployment stops firing that schedule', async t => {
    const { clock, boot, ran, lines } = world(t, { steady: false })
    await boot(schedule => schedule.every(10).minutes.push(job, { at: 'old' }))
    await boot(schedule => schedule.every(15).minutes.push(job, { at: 'new' }))
    await clock.advance(hour)
    assert.deepEqual(
      ran.map(({ scheduledFor }) => scheduledFor.slice(11, 16)),
      ['00:15', '00:30', '00:45', '01:00'],
    )
    assert.ok(
      lines.some(({ msg }) => msg.startsWith('another deployment, registered later, is current')),
    )
  })

  test('a function that answers stop is not fired again, nor after a restart, until its definition changes', async t => {
    const { clock, boot } = world(t)
    const runs: string[] = []
    const register = (every: number) => (schedule: Timetable<unknown>) => {
      schedule.cron(`*/${every} * * * *`).do(function once() {
        runs.push(new Date(clock.now()).toISOString().slice(11, 16))
        return stop
      })
    }
    const first = await boot(register(5))
    await clock.advance(30 * minute)
    await first.stop()
    const second = await boot(register(5))
    await clock.advance(30 * minute)
    assert.deepEqual(runs, ['00:05'])
    await second.stop()
    await boot(register(7))
    await clock.advance(20 * minute)
    assert.deepEqual(runs, ['00:05', '01:07'])
  })

  test('two schedulers over one state fire each tick once', async t => {
    const { clock, boot, instants } = world(t)
    const register = (schedule: Timetable<unknown>) => {
      schedule.every(1).minute.push(job, { at: 'now' })
    }
    await boot(register)
    await boot(register)
    await clock.advance(5 * minute)
    assert.deepEqual(instants(), ['00:01:00', '00:02:00', '00:03:00', '00:04:00', '00:05:00'])
  })
})
