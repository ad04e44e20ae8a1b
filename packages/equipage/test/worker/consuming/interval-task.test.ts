import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IntervalTask } from '../../../src/worker/consuming/interval-task.ts'
import { capturedLog } from '../../support/captured-log.ts'
import { eventually } from '../../support/eventually.ts'
import { StubClock } from '../../support/stub-clock.ts'

/** IntervalTask whose first two fail, and how many there were. */
function made() {
  const clock = new StubClock()
  const { log, lines } = capturedLog()
  const count = { begun: 0 }
  const go = async () => {
    count.begun++
    if (count.begun <= 2) throw new Error('away')
  }
  return { rounds: new IntervalTask({ everyMs: 60_000, go, log, clock }), clock, count, lines }
}

describe('rounds', () => {
  it('begin at once, and again so long after each has ended, failed or not', async () => {
    const { rounds, clock, count, lines } = made()
    rounds.start()
    rounds.start()
    for (const round of [1, 2, 3]) {
      await eventually(() => assert.equal(count.begun, round))
      await eventually(() => assert.equal(clock.timers, 1))
      clock.advance(59_999)
      assert.equal(count.begun, round)
      clock.advance(1)
    }
    assert.equal(lines.filter(({ msg }) => String(msg).startsWith('a round failed')).length, 2)
    await rounds.stop()
  })

  it('end with their stop, which may come first, and twice', async () => {
    const { rounds, clock, count } = made()
    await rounds.stop()
    rounds.start()
    await rounds.stop()
    assert.equal(count.begun, 0)
    const other = made()
    other.rounds.start()
    await other.rounds.stop()
    await other.rounds.stop()
    clock.advance(600_000)
    assert.equal(other.clock.timers, 0)
    assert.equal(other.count.begun, 1)
  })
})
