import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { defineJob } from '../../../src/job/index.ts'
import type { Timetable } from '../../../src/schedule/index.ts'
import { notedJob, told, world } from '../support/world.ts'

const second = 1_000
const minute = 60_000
const hour = 60 * minute

type MisfirePolicy = 'skip' | 'once' | 'all'

const minutely = (misfire: MisfirePolicy) => (schedule: Timetable<unknown>) => {
  schedule.cron('* * * * *').push(notedJob, { at: '' }).misfire(misfire)
}

suite('the fates of ticks', { concurrency: true }, () => {
  const promises: Record<MisfirePolicy, string[]> = {
    skip: ['00:03-00:07 missed x5'],
    once: ['00:03-00:06 missed x4', '00:07 fired misfire'],
    all: [3, 4, 5, 6, 7].map(n => `00:0${n} fired misfire`),
  }
  for (const [policy, rows] of Object.entries(promises)) {
    test(`stopped for five ticks under '${policy}', exactly those that it promises run, and the ledger accounts for all`, async t => {
      const { clock, boot, instants, ledger } = world(t)
      const register = minutely(policy as MisfirePolicy)
      const first = await boot(register)
      await clock.advance(2 * minute + 10 * second)
      await first.stop()
      await clock.advance(5 * minute + 40 * second)
      const later = await boot(register)
      await clock.advance(minute)
      const all = await ledger(later, 'noted')
      assert.deepEqual(told(all), ['00:01 fired', '00:02 fired', ...rows, '00:08 fired'])
      assert.equal(
        all.reduce((sum, { count }) => sum + count, 0),
        8,
      )
      const fired = told(all)
        .filter(row => row.includes('fired'))
        .map(row => `${row.slice(0, 5)}:00`)
      assert.deepEqual(instants(), fired)
    })
  }

  test('a misfire older than its window is missed, under every policy', async t => {
    const { clock, boot, ledger } = world(t)
    const register = (schedule: Timetable<unknown>) => {
      const within = { within: '150s' }
      const push = () => schedule.cron('* * * * *').push(notedJob, { at: '' })
      push().name('once').misfire('once', within)
      push().name('all').misfire('all', within)
    }
    await (await boot(register)).stop()
    await clock.advance(5 * minute + 40 * second)
    const process = await boot(register)
    await clock.advance(0)
    assert.deepEqual(told(await ledger(process, 'once')), [
      '00:01-00:04 missed x4',
      '00:05 fired misfire',
    ])
    assert.deepEqual(told(await ledger(process, 'all')), [
      '00:01-00:03 missed x3',
      '00:04 fired misfire',
      '00:05 fired misfire',
    ])
  })

  test('each reason of not running makes one row that says it', async t => {
    const { clock, boot, ledger, lines } = world(t)
    const skipped: unknown[] = []
    const process = await boot(schedule => {
      const hourly = () => schedule.cron('0 * * * *')
      const noted = { at: '' }
      const onSkip = (tick: { schedule: string }, reason: string) =>
        void skipped.push([tick.schedule, reason])
      hourly()
        .name('condition')
        .when(() => false)
        .onSkip(onSkip)
        .push(notedJob, noted)
      hourly()
        .name('throwing condition')
        .skip(() => {
          throw new Error('asked in vain')
        })
        .onSkip(onSkip)
        .push(notedJob, noted)
      hourly().name('environment').environments('production').onSkip(onSkip).push(notedJob, noted)
      hourly().name('paused').onSkip(onSkip).push(notedJob, noted)
      hourly()
        .name('overlap')
        .withoutOverlapping()
        .onSkip(onSkip)
        .do(() => new Promise(() => undefined))
      hourly()
        .name('payload')
        .push(notedJob, () => ({ at: 7 }) as never)
      hourly()
        .name('throwing')
        .do(() => {
          throw new Error('not today')
        })
    })
    assert.equal(await process.ticks.setPaused('paused', true), true)
    await clock.advance(hour)
    const rowOf = async (name: string) => (await ledger(process, name)).at(-1)
    assert.deepEqual(told(await ledger(process, 'condition')), ['01:00 skipped condition'])
    assert.deepEqual(told(await ledger(process, 'throwing condition')), ['01:00 skipped condition'])
    assert.deepEqual(told(await ledger(process, 'environment')), ['01:00 skipped environment'])
    assert.deepEqual(told(await ledger(process, 'paused')), ['01:00 skipped paused'])
    assert.deepEqual(told(await ledger(process, 'payload')), ['01:00 failed error'])
    assert.match((await rowOf('payload'))?.error ?? '', /job "noted" does not accept its payload/)
    assert.deepEqual(told(await ledger(process, 'throwing')), ['01:00 failed error'])
    assert.equal((await rowOf('throwing'))?.error, 'not today')
    await clock.advance(hour)
    assert.deepEqual(told(await ledger(process, 'overlap')), [
      '01:00 running',
      '02:00 skipped overlap',
    ])
    assert.deepEqual(skipped.slice(0, 4).sort(), [
      ['condition', 'condition'],
      ['environment', 'environment'],
      ['paused', 'paused'],
      ['throwing condition', 'condition'],
    ])
    assert.ok(skipped.some(entry => String(entry) === 'overlap,overlap'))
    assert.ok(lines.some(({ msg, reason }) => msg === 'tick skipped' && reason === 'overlap'))
  })

  test('a schedule that is resumed goes on with its next tick', async t => {
    const { clock, boot, ledger } = world(t)
    const process = await boot(minutely('all'))
    await process.ticks.setPaused('noted', true)
    await clock.advance(2 * minute)
    await process.ticks.setPaused('noted', false)
    await clock.advance(minute)
    const rows = ['00:01 skipped paused', '00:02 skipped paused', '00:03 fired']
    assert.deepEqual(told(await ledger(process, 'noted')), rows)
  })

  test('ticks that passed in a pause, while no scheduler ran, are not made up for', async t => {
    const { clock, boot, ledger } = world(t)
    const register = minutely('all')
    const first = await boot(register)
    await clock.advance(minute)
    await first.scheduler.stop()
    await clock.advance(90 * second)
    await first.ticks.setPaused('noted', true)
    await clock.advance(2 * minute)
    await first.ticks.setPaused('noted', false)
    await clock.advance(minute)
    const process = await boot(register)
    await clock.advance(10 * second)
    assert.deepEqual(told(await ledger(process, 'noted')), [
      '00:01 fired',
      '00:02 fired misfire',
      '00:03-00:04 skipped paused x2',
      '00:05 fired',
    ])
  })

  test('under `skip` a tick is skipped while the job of the one before is unfinished, its retries included', async t => {
    const { clock, boot, ledger } = world(t)
    let attempts = 0
    const flaky = defineJob({
      name: 'flaky',
      attempts: 2,
      backoff: { type: 'fixed', delay: '90s' },
      run: () => {
        attempts++
        if (attempts === 1) throw new Error('not yet')
      },
    })
    const register = (schedule: Timetable<unknown>) => {
      schedule.cron('* * * * *').push(flaky).withoutOverlapping()
    }
    const process = await boot(register, { jobs: [flaky as never] })
    await clock.advance(2 * minute)
    assert.deepEqual(told(await ledger(process, 'flaky')), ['00:01 fired', '00:02 skipped overlap'])
    assert.equal(attempts, 1)
  })

  test('under `queue` one tick waits until the run before has ended, and those that come meanwhile are skipped', async t => {
    const { clock, boot, ledger } = world(t)
    const starts: string[] = []
    let deployment: (() => void) | undefined
    const process = await boot(schedule => {
      schedule
        .cron('* * * * *')
        .overlap('queue')
        .do(function slow(tick) {
          starts.push(tick.scheduledFor.toISOString().slice(11, 16))
          return new Promise<void>(resolve => {
            deployment = resolve
          })
        })
    })
    await clock.advance(3 * minute + 30 * second)
    assert.deepEqual(starts, ['00:01'])
    assert.deepEqual(told(await ledger(process, 'slow')), ['00:01 running'])
    deployment?.()
    await clock.advance(second)
    assert.deepEqual(starts, ['00:01', '00:02'])
    assert.deepEqual(told(await ledger(process, 'slow')), [
      '00:01 fired',
      '00:02 running queued',
      '00:03 skipped overlap',
    ])
    deployment?.()
    await clock.advance(minute)
    assert.deepEqual(starts, ['00:01', '00:02', '00:04'])
  })

  test('the tick that waits is the same for a process that takes over', async t => {
    const { clock, boot, ledger } = world(t)
    const register = (schedule: Timetable<unknown>) => {
      schedule
        .cron('* * * * *')
        .overlap('queue')
        .misfire('skip')
        .do(function slow() {
          return new Promise(() => undefined)
        })
    }
    const first = await boot(register)
    await clock.advance(2 * minute + 30 * second)
    first.die()
    const other = await boot(register)
    await clock.advance(30 * second)
    assert.deepEqual(told(await ledger(other, 'slow')), [
      '00:01 failed interrupted',
      '00:02 running queued',
    ])
  })

  test('a function whose process dies is on record as interrupted, and is not started again', async t => {
    const { clock, boot, ledger, lines } = world(t, { steady: false })
    let starts = 0
    const register = (schedule: Timetable<unknown>) => {
      schedule.cron('0 * * * *').do(function endless() {
        starts++
        return new Promise(() => undefined)
      })
    }
    const first = await boot(register)
    await clock.advance(hour + second)
    assert.equal(starts, 1)
    first.die()
    const other = await boot(register)
    await clock.advance(30 * second)
    assert.deepEqual(told(await ledger(other, 'endless')), ['01:00 failed interrupted'])
    assert.equal(starts, 1)
    assert.ok(lines.some(({ msg }) => String(msg).includes('its process is gone')))
  })

  test('the lease of a function that runs for long is renewed, and its end and duration are on record', async t => {
    const { clock, boot, ledger, lines } = world(t)
    let deployment: (() => void) | undefined
    const process = await boot(schedule => {
      schedule.cron('0 * * * *').do(function long() {
        return new Promise<void>(resolve => {
          deployment = resolve
        })
      })
    })
    await clock.advance(hour + 5 * minute)
    assert.deepEqual(told(await ledger(process, 'long')), ['01:00 running'])
    assert.ok(lines.some(({ msg }) => String(msg).includes('let it push a job')))
    deployment?.()
    await clock.advance(second)
    const [row] = await ledger(process, 'long')
    assert.deepEqual([row?.fate, row?.reason, row?.durationMs], ['fired', null, 5 * minute])
  })

  test('a function that does not end when the process stops is on record as failed', async t => {
    const { clock, boot, ledger } = world(t)
    let signal: AbortSignal | undefined
    const process = await boot(schedule => {
      schedule.cron('0 * * * *').do(function stubborn(tick) {
        signal = tick.signal
        return new Promise(() => undefined)
      })
    })
    await clock.advance(hour)
    const stopped = process.scheduler.stop(5_000)
    await clock.advance(10_000)
    await stopped
    assert.equal(signal?.aborted, true)
    assert.deepEqual(told(await ledger(process, 'stubborn')), ['01:00 failed error'])
  })

  test('more missed ticks than one look takes are counted all the same', async t => {
    const { clock, boot, ledger } = world(t, { steady: false })
    const register = (schedule: Timetable<unknown>) => {
      schedule.every().second.name('secondly').push(notedJob, { at: '' }).misfire('once')
    }
    await (await boot(register)).stop()
    clock.sleep(13 * 24 * hour)
    const process = await boot(register)
    await clock.advance(900)
    const rows = await ledger(process, 'secondly')
    const total = rows.reduce((sum, { count }) => sum + count, 0)
    assert.equal(total, (13 * 24 * hour) / second)
    assert.deepEqual(
      rows.map(({ fate }) => fate),
      ['missed', 'missed', 'fired', 'fired'],
    )
  })
})
