import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { suite, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { wait } from '../../src/core/clock.ts'
import { VirtualClock } from '../../src/core/virtual-clock.ts'

const start = '2026-01-01T00:00:00Z'

suite('a virtual clock', { concurrency: true }, () => {
  test('fires timers in the order of their moments, those of one moment as they were set, each at its own', async () => {
    const clock = new VirtualClock(start)
    const fired: string[] = []
    const note = (name: string) => () => void fired.push(`${name} ${clock.monotonic()}`)
    clock.after(30, note('c'))
    clock.after(10, note('a'))
    clock.after(30, note('d'))
    clock.after(20, note('b'))
    clock.after(-5, note('now'))
    await clock.advance(29)
    assert.deepEqual(fired, ['now 0', 'a 10', 'b 20'])
    await clock.advance(1)
    assert.deepEqual(fired.slice(3), ['c 30', 'd 30'])
    assert.equal(clock.now(), Date.parse(start) + 30)
  })

  test('fires what is set while it goes by, and nothing that was cancelled', async () => {
    const clock = new VirtualClock(start)
    const fired: number[] = []
    const cancelled = [10, 10, 25].map(ms => clock.after(ms, () => void fired.push(-ms)))
    clock.after(10, () => {
      fired.push(10)
      clock.after(15, () => void fired.push(25))
    })
    for (const timer of [...cancelled, ...cancelled]) timer.cancel()
    assert.equal(clock.timers, 1)
    await clock.advance('1m')
    assert.deepEqual(fired, [10, 25])
    assert.equal(clock.timers, 0)
  })

  test('keeps a thousand timers in order', async () => {
    const clock = new VirtualClock(start, { turns: 1 })
    const fired: number[] = []
    for (let n = 0; n < 1_000; n++) {
      const at = (n * 7_919) % 1_000
      const timer = clock.after(at, () => void fired.push(at))
      if (at % 3 === 0) timer.cancel()
    }
    await clock.advance(1_000)
    const expected = Array.from({ length: 1_000 }, (_, at) => at).filter(at => at % 3 !== 0)
    assert.deepEqual(fired, expected)
  })

  test('lets what a timer started come to its end before the next: promises and files', async () => {
    const clock = new VirtualClock(start)
    const seen: string[] = []
    const read = async () => {
      const text = await readFile(import.meta.filename, 'utf8')
      for (let n = 0; n < 50; n++) await null
      seen.push(text.slice(0, 6))
    }
    clock.after(10, () => void read())
    clock.after(11, () => void seen.push('next'))
    await clock.advance(20)
    assert.deepEqual(seen, ['import', 'next'])
  })

  test('stands still while something is held, and gives it back as it is', async () => {
    const clock = new VirtualClock(start, { turns: 1 })
    const seen: string[] = []
    const slow = async () => {
      for (let n = 0; n < 100; n++) await setImmediate()
      seen.push(`held ${clock.monotonic()}`)
      return 'answer'
    }
    clock.after(10, () => void clock.hold(slow()).then(answer => seen.push(answer)))
    clock.after(11, () => void seen.push('next'))
    await clock.advance(20)
    assert.deepEqual(seen, ['held 10', 'answer', 'next'])
    await assert.rejects(clock.hold(Promise.reject(new Error('as it is'))), /as it is/)
    await clock.advance(1)
  })

  test('can be set, stepped and slept through, by the wall alone', async () => {
    const clock = new VirtualClock(start)
    const fired: number[] = []
    clock.after(1_000, () => void fired.push(clock.now()))
    clock.sleep(3_600_000)
    clock.step(-60_000)
    assert.equal(new Date(clock.now()).toISOString(), '2026-01-01T00:59:00.000Z')
    assert.equal(clock.monotonic(), 0)
    await clock.advance(999)
    assert.deepEqual(fired, [])
    clock.set('2026-06-01T00:00:00Z')
    await clock.advance(1)
    assert.deepEqual(fired, [Date.parse('2026-06-01T00:00:00.001Z')])
  })

  test('holds timers up while the process stands still', async () => {
    const clock = new VirtualClock(start)
    const fired: number[] = []
    clock.after(1_000, () => void fired.push(clock.monotonic()))
    clock.standStill(5_000)
    assert.deepEqual(fired, [])
    await clock.advance(0)
    assert.deepEqual(fired, [5_000])
  })

  test('a steady one is not moved alone', () => {
    const clock = new VirtualClock(start, { steady: true })
    for (const move of [() => clock.sleep(1), () => clock.step(1), () => clock.set(start)]) {
      assert.throws(move, { code: 'E_BAD_OPTION', message: /VirtualClock, steady/ })
    }
    assert.equal(new VirtualClock(start).steady, false)
  })

  test('refuses what is no instant and no duration', async () => {
    assert.throws(() => new VirtualClock('soon'), { code: 'E_BAD_INSTANT' })
    await assert.rejects(new VirtualClock(start).advance(-1), { code: 'E_BAD_DURATION' })
  })

  test('waits on it go by with it', async () => {
    const clock = new VirtualClock(start)
    let done = false
    void wait(clock, 500).then(() => {
      done = true
    })
    await clock.advance(499)
    assert.equal(done, false)
    await clock.advance(1)
    assert.equal(done, true)
  })
})
