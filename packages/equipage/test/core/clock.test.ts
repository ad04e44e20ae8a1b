import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { settlesWithin, systemClock, wait } from '../../src/core/clock.ts'
import { StubClock } from '../support/stub-clock.ts'

describe("the machine's clock", () => {
  it('calls once after its delay, and not at all when it is cancelled before', async () => {
    const calls: string[] = []
    const cancelled = systemClock.after(0, () => calls.push('cancelled'))
    cancelled.cancel()
    cancelled.cancel()
    await new Promise<void>(resolve => {
      systemClock.after(1, () => {
        calls.push('fired')
        resolve()
      })
    })
    assert.deepEqual(calls, ['fired'])
  })

  it('takes a delay that lies in the past as none', async () => {
    await new Promise<void>(resolve => systemClock.after(-1_000, resolve))
  })

  it('waits longer than a timer of the platform can, and does not fire at once', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const month = 31 * 86_400_000
    let fired = 0
    systemClock.after(month, () => fired++)
    t.mock.timers.tick(2 ** 31 - 1)
    assert.equal(fired, 0)
    t.mock.timers.tick(month - (2 ** 31 - 1) - 1)
    assert.equal(fired, 0)
    t.mock.timers.tick(1)
    assert.equal(fired, 1)
  })

  it('cancels a long wait also after its first part has passed', t => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    let fired = 0
    const timer = systemClock.after(2 ** 32, () => fired++)
    t.mock.timers.tick(2 ** 31 + 1)
    timer.cancel()
    t.mock.timers.tick(2 ** 32)
    assert.equal(fired, 0)
  })

  it('never goes back on its monotonic side, and tells the time of day on the other', () => {
    const before = systemClock.monotonic()
    assert.ok(systemClock.monotonic() >= before)
    assert.ok(Math.abs(systemClock.now() - Date.now()) < 10_000)
  })
})

describe('wait', () => {
  it('resolves when its time has come, and leaves no timer behind', async () => {
    const clock = new StubClock()
    let done = false
    const waiting = wait(clock, 5_000).then(() => {
      done = true
    })
    clock.advance(4_999)
    await Promise.resolve()
    assert.equal(done, false)
    clock.advance(1)
    await waiting
    assert.equal(clock.timers, 0)
  })

  it('resolves as soon as its signal aborts, and leaves no timer behind', async () => {
    const clock = new StubClock()
    const stop = new AbortController()
    const waiting = wait(clock, 5_000, stop.signal)
    assert.equal(clock.timers, 1)
    stop.abort()
    await waiting
    assert.equal(clock.timers, 0)
  })

  it('starts no timer when its signal has aborted before', async () => {
    const clock = new StubClock()
    await wait(clock, 5_000, AbortSignal.abort())
    assert.equal(clock.timers, 0)
  })
})

describe('a promise', () => {
  it('settles within its limit when it resolves or rejects in time, and leaves no timer behind', async () => {
    const clock = new StubClock()
    assert.equal(await settlesWithin(Promise.resolve(), 5_000, clock), true)
    assert.equal(await settlesWithin(Promise.reject(new Error('x')), 5_000, clock), true)
    assert.equal(clock.timers, 0)
  })

  it('does not when its limit passes before', async () => {
    const clock = new StubClock()
    const { promise, resolve } = Promise.withResolvers<void>()
    const answer = settlesWithin(promise, 5_000, clock)
    clock.advance(5_000)
    assert.equal(await answer, false)
    resolve()
    await promise
  })

  it('is not waited for at all with a limit of 0', async () => {
    const clock = new StubClock()
    assert.equal(await settlesWithin(Promise.resolve(), 0, clock), false)
    assert.equal(clock.timers, 0)
  })
})
