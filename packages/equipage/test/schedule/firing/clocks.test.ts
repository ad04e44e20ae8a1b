import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { Timetable } from '../../../src/schedule/index.ts'
import { notedJob, told, world } from '../support/world.ts'

const second = 1_000
const minute = 60_000
const hour = 60 * minute

const hourly = (schedule: Timetable<unknown>) => {
  schedule.cron('0 * * * *').push(notedJob, { at: '' })
}

suite('clocks that are set, and machines that sleep', { concurrency: true }, () => {
  test('a sleep is noticed within a second, logged as clock_jump, and the missed tick fires', async t => {
    const { clock, boot, ledger, lines } = world(t, { steady: false })
    const process = await boot(hourly)
    await clock.advance(10 * minute)
    clock.sleep(55 * minute)
    await clock.advance(second)
    const jump = lines.find(({ event }) => event === 'clock_jump')
    assert.equal(jump?.['jumpMs'], 55 * minute)
    assert.deepEqual(told(await ledger(process, 'noted')), ['01:00 fired misfire'])
    await clock.advance(second)
    assert.deepEqual(
      (await process.ticks.downtimes()).map(({ from, to }) => (to ?? 0) - from),
      [55 * minute],
    )
  })

  test('a clock that is set back is logged, and fires no tick a second time', async t => {
    const { clock, boot, instants, lines } = world(t, { steady: false })
    await boot(hourly)
    await clock.advance(hour + minute)
    assert.deepEqual(instants(), ['01:00:00'])
    clock.step(-30 * minute)
    await clock.advance(hour)
    assert.equal(lines.find(({ event }) => event === 'clock_jump')?.['jumpMs'], -30 * minute)
    assert.deepEqual(instants(), ['01:00:00'])
    await clock.advance(hour)
    assert.deepEqual(instants(), ['01:00:00', '02:00:00'])
  })

  test('a clock that only drifts is not told of', async t => {
    const { clock, boot, lines } = world(t, { steady: false })
    await boot(hourly)
    for (let step = 0; step < 20; step++) {
      clock.step(100)
      await clock.advance(second)
    }
    assert.equal(
      lines.some(({ event }) => event === 'clock_jump'),
      false,
    )
  })

  test('a cursor that a wrong clock has put ahead is reported when the scheduler starts', async t => {
    const { clock, boot, lines, instants } = world(t, { steady: false })
    const first = await boot(hourly)
    clock.step(24 * hour + 30 * minute)
    await clock.advance(second)
    await first.stop()
    const fired = instants().length
    assert.equal(fired, 1)
    clock.step(-24 * hour - 30 * minute)
    await boot(hourly)
    await clock.advance(3 * hour)
    assert.equal(instants().length, fired)
    const line = lines.find(({ msg }) => String(msg).includes('a clock that was ahead'))
    assert.equal(line?.['schedule'], 'noted')
  })

  test('a process that is held still says so', async t => {
    const { clock, boot, lines } = world(t, { steady: false })
    await boot(hourly)
    await clock.advance(10 * second)
    clock.standStill(7 * second)
    await clock.advance(second)
    const line = lines.find(({ event }) => event === 'stood_still')
    assert.ok(Number(line?.['stillMs']) > 5 * second)
  })

  test('days of 23 and of 25 hours have one tick each at a fixed time of day', async t => {
    const { clock, boot, ran } = world(t, { start: '2026-03-28T12:00:00Z' })
    const register = (schedule: Timetable<unknown>) => {
      schedule.every().day.at('02:30', 'Europe/Madrid').push(notedJob, { at: '' })
    }
    await boot(register)
    await clock.advance(48 * hour)
    assert.deepEqual(
      ran.map(({ scheduledFor }) => scheduledFor),
      ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'],
    )
  })
})
