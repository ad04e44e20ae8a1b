import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CancelWatch } from '../../../src/connection/redis/consuming/cancel-watch.ts'
import type { RedisClient } from '../../../src/connection/redis/server/client.ts'
import { isEquipageError } from '../../../src/core/errors.ts'
import { eventually } from '../../support/eventually.ts'
import { StubClock } from '../../support/stub-clock.ts'

/** A watch over a Redis of which only the marks are there. */
function world() {
  const clock = new StubClock()
  const marks = new Map<string, number>()
  const state = { looks: 0, away: false }
  const client = {
    async zrange() {
      state.looks++
      if (state.away) throw new Error('away')
      return [...marks].flatMap(([text, at]) => [text, String(at)])
    },
    zrem: async (_key: string, text: string) => Number(marks.delete(text)),
  }
  const watch = new CancelWatch(client as unknown as RedisClient, 'shop', clock)
  const run = (id: string, pushedAt = clock.now() - 1_000) => {
    const controller = new AbortController()
    const job = { id, name: 'report', queue: 'default', pushedAt }
    return { signal: controller.signal, end: watch.add(job, controller) }
  }
  /** A second goes by, and what it brought about. */
  const second = async () => {
    const { looks } = state
    clock.advance(1_000)
    await eventually(() => assert.ok(state.looks > looks))
    await eventually(() => assert.equal(clock.timers, 1))
  }
  return { clock, marks, state, watch, run, second }
}

describe('the watch over cancellations', () => {
  it('aborts the job that is meant, once a second at the latest, and no other', async () => {
    const { clock, marks, run, second } = world()
    const [meant, other] = [run('1'), run('2')]
    await second()
    assert.equal(meant.signal.aborted, false)
    marks.set('default:1', clock.now())
    await second()
    assert.ok(isEquipageError(meant.signal.reason, 'E_JOB_CANCELLED'))
    assert.equal(other.signal.aborted, false)
  })

  it('asks nothing while no job runs', async () => {
    const { clock, state, watch, run } = world()
    assert.equal(clock.timers, 0)
    const first = run('1')
    const second = run('2')
    first.end()
    assert.equal(clock.timers, 1)
    second.end()
    clock.advance(1_000)
    assert.equal(clock.timers, 0)
    assert.equal(state.looks, 0)
    run('3')
    watch.stop()
    assert.equal(clock.timers, 0)
  })

  it('leaves a job alone that was pushed under an id that had been cancelled before', async () => {
    const { clock, marks, run, second } = world()
    marks.set('default:daily', clock.now() - 5_000)
    const job = run('daily')
    await second()
    assert.equal(job.signal.aborted, false)
  })

  it('forgets a cancellation once the job that it aborted is on record as failed', async () => {
    const { clock, marks, watch, run, second } = world()
    marks.set('default:1', clock.now())
    await watch.failed('default', '1')
    assert.equal(marks.size, 1)
    run('1')
    await second()
    await watch.failed('default', '1')
    assert.equal(marks.size, 0)
  })

  it('goes on looking when Redis was away', async () => {
    const { clock, marks, state, run, second } = world()
    const job = run('1')
    state.away = true
    await second()
    state.away = false
    marks.set('default:1', clock.now())
    await second()
    assert.ok(job.signal.aborted)
  })

  it('sees a job that runs here a second time before its first run has ended', async () => {
    const { clock, marks, run, second } = world()
    const first = run('1')
    const again = run('1')
    first.end()
    marks.set('default:1', clock.now())
    await second()
    assert.ok(again.signal.aborted)
  })
})
