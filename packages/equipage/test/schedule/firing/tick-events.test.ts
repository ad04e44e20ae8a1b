import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { TickEvents } from '../../../src/schedule/index.ts'
import { notedJob, world } from '../support/world.ts'

const hour = 3_600_000
const names = ['tick:fired', 'tick:skipped', 'tick:missed', 'tick:failed'] as const
const at = (time: string) => new Date(`2026-01-01T${time}:00Z`)

/** A world, and what it tells of ticks; an error as its message. */
function listening(...given: Parameters<typeof world>) {
  const made = world(...given)
  const heard: [string, object][] = []
  for (const name of names) {
    made.events.on(name, (event: TickEvents[typeof name]) => {
      const error = 'error' in event && event.error ? { error: event.error.message } : {}
      heard.push([name, { ...event, ...error }])
    })
  }
  const of = (schedule: string) =>
    heard.filter(([, event]) => 'schedule' in event && event.schedule === schedule)
  return { ...made, of }
}

suite('the events of ticks', { concurrency: true }, () => {
  test('a push and a function are told of as fired, with what was pushed', async t => {
    const { clock, boot, of } = listening(t)
    await boot(schedule => {
      schedule.cron('0 * * * *').name('push').push(notedJob, { at: '' })
      schedule
        .cron('0 * * * *')
        .name('call')
        .do(() => 1)
    })
    await clock.advance(hour)
    const tick = { scheduledFor: at('01:00'), lagMs: 0, misfire: false }
    assert.deepEqual(of('push'), [['tick:fired', { schedule: 'push', ...tick, job: 'noted' }]])
    assert.deepEqual(of('call'), [['tick:fired', { schedule: 'call', ...tick, job: null }]])
  })

  test('a tick that is skipped tells why', async t => {
    const { clock, boot, of } = listening(t)
    await boot(schedule => {
      schedule
        .cron('0 * * * *')
        .name('never')
        .when(() => false)
        .do(() => 1)
    })
    await clock.advance(hour)
    const tick = { schedule: 'never', scheduledFor: at('01:00'), first: at('01:00'), count: 1 }
    assert.deepEqual(of('never'), [['tick:skipped', { ...tick, reason: 'condition' }]])
  })

  test('missed ticks in a row are one event, and the one that is made up for is a misfire', async t => {
    const { clock, boot, of } = listening(t)
    const start = () =>
      boot(schedule => schedule.cron('0 * * * *').name('hourly').push(notedJob, { at: '' }))
    const first = await start()
    await first.stop()
    await clock.advance(3 * hour + 60_000)
    await start()
    await clock.advance(1_000)
    const [missed, fired] = of('hourly')
    const row = { schedule: 'hourly', scheduledFor: at('02:00'), first: at('01:00'), count: 2 }
    assert.deepEqual(missed, ['tick:missed', row])
    assert.equal(fired?.[0], 'tick:fired')
    assert.deepEqual(
      { ...fired?.[1], lagMs: 0 },
      {
        schedule: 'hourly',
        scheduledFor: at('03:00'),
        lagMs: 0,
        misfire: true,
        job: 'noted',
      },
    )
  })

  test('a payload that cannot be made is a failure, of which onFailure tells too', async t => {
    const { clock, boot, of } = listening(t)
    const called: string[] = []
    await boot(schedule => {
      schedule
        .cron('0 * * * *')
        .push(notedJob, () => {
          throw new Error('no number today')
        })
        .before(() => called.push('before'))
        .after(() => called.push('after'))
        .onFailure((tick, outcome) => called.push(`${tick.schedule} ${'error' in outcome}`))
        .name('broken')
    })
    await clock.advance(hour)
    const tick = { schedule: 'broken', scheduledFor: at('01:00') }
    const error = 'no number today'
    assert.deepEqual(of('broken'), [['tick:failed', { ...tick, reason: 'error', error }]])
    assert.deepEqual(called, ['broken true'])
  })

  test('a function that throws has fired, and then failed', async t => {
    const { clock, boot, of } = listening(t)
    await boot(schedule => {
      schedule
        .cron('0 * * * *')
        .name('throwing')
        .do(() => {
          throw new Error('not today')
        })
    })
    await clock.advance(hour)
    const [fired, failed] = of('throwing')
    assert.equal(fired?.[0], 'tick:fired')
    const tick = { schedule: 'throwing', scheduledFor: at('01:00') }
    assert.deepEqual(failed, ['tick:failed', { ...tick, reason: 'error', error: 'not today' }])
  })

  test('a function whose process dies is told of by another, and one that outlasts its grace by its own', async t => {
    const { clock, boot, of } = listening(t, { steady: false })
    const register: Parameters<typeof boot>[0] = schedule => {
      schedule
        .cron('0 * * * *')
        .name('endless')
        .do(() => new Promise(() => undefined))
    }
    const first = await boot(register)
    await clock.advance(hour)
    first.die()
    const second = await boot(register)
    await clock.advance(60_000)
    const tick = { schedule: 'endless', scheduledFor: at('01:00') }
    assert.deepEqual(of('endless').at(-1), [
      'tick:failed',
      { ...tick, reason: 'interrupted', error: null },
    ])
    await clock.advance(hour)
    await second.stop()
    const [event, failed] = of('endless').at(-1) ?? []
    assert.equal(event, 'tick:failed')
    const later = { schedule: 'endless', scheduledFor: at('02:00'), reason: 'error' }
    const told = { ...failed, error: '' }
    assert.deepEqual(told, { ...later, error: '' })
  })
})
