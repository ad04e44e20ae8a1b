import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { syncConnection } from '../../../src/connection/sync/sync-connection.ts'
import type { Attempt, Outcome } from '../../../src/job/index.ts'
import { VirtualClock } from '../../../src/testing/index.ts'
import { mortalClock } from '../../schedule/support/world.ts'
import { capturedLog } from '../../support/lines.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const keep = { ageMs: 3_600_000, count: 10 }
const data = { name: 'report', queue: 'default', data: {}, attempts: 1, priority: 0, metadata: {} }

/** Processes over one state file, whose jobs end with them; each says which attempts it has begun. */
function processes(t: TestContext, lockMs: number) {
  const clock = new VirtualClock('2026-01-01T00:00:00Z')
  const file = join(temporaryFolder(t), 'queue.sqlite')
  const boot = async () => {
    const life = { dead: false }
    const begun: string[] = []
    const own = mortalClock(clock, life)
    const run = ({ id, signal }: Attempt) => {
      begun.push(id)
      const { promise, resolve } = Promise.withResolvers<Outcome>()
      const released = { state: 'released', delayMs: 0, reason: 'the test ends' } as const
      signal.addEventListener('abort', () => resolve(released))
      return promise
    }
    const settings = { file, keepFailed: keep, lockMs, ledger: keep }
    const connection = syncConnection(settings, { run, log: capturedLog().log, clock: own })
    const { carrier } = connection
    const consumer = carrier.consume({ queues: ['default'], concurrency: 5 })
    t.after(async () => {
      life.dead = false
      const stopped = consumer.stop(0).then(() => connection.stop(0))
      await clock.advance(1)
      await stopped
    })
    await consumer.start()
    const die = () => {
      life.dead = true
    }
    return { carrier, begun, die }
  }
  return { clock, boot }
}

suite('the lock of a job under sync', { concurrency: true }, () => {
  test('lasts as long as it is told after its process has died, and no longer', async t => {
    const { clock, boot } = processes(t, 90_000)
    const first = await boot()
    const { id } = await first.carrier.push({ ...data, delayMs: 1_000 })
    await clock.advance(1_000)
    assert.deepEqual(first.begun, [id])
    first.die()
    const second = await boot()
    await clock.advance(89_000)
    assert.deepEqual(second.begun, [])
    await clock.advance(2_000)
    assert.deepEqual(second.begun, [id])
  })

  test('is renewed in time, however short it is, while its process lives', async t => {
    const { clock, boot } = processes(t, 1_000)
    const [first, second] = [await boot(), await boot()]
    await first.carrier.push({ ...data, delayMs: 1_000 })
    await clock.advance(60_000)
    assert.equal(first.begun.length + second.begun.length, 1)
  })
})
