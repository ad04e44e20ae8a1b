import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import type { PushedJob, TickStamp } from '../../src/job/index.ts'
import { defineJob } from '../../src/job/index.ts'
import { eventually } from '../support/eventually.ts'
import type { Harness, MakeHarness } from './harness.ts'

const nightly = { name: 'nightly', definition: 'every day at 03:00' }

/** What every connection holds about ticks; the same code runs on each. */
export function tickConformance(name: string, make: MakeHarness): void {
  suite(`ticks over ${name}`, { concurrency: true }, () => {
    test('a schedule is anchored when it is first registered, and keeps anchor and cursor from then on', async t => {
      const first = make(t, [])
      const [state] = await first.connection.ticks.register([nightly])
      assert.ok(state)
      assert.ok(Math.abs(state.anchor - Date.now()) < 60_000)
      assert.equal(state.cursor, state.anchor)
      const instant = state.anchor + 1_000
      await first.connection.ticks.claim({ ...nightly, from: state.cursor, instant })
      const again = await first.sibling().connection.ticks.register([nightly])
      assert.deepEqual(again, [{ anchor: state.anchor, cursor: instant }])
    })

    test('a schedule whose definition has changed starts anew', async t => {
      const { connection, sibling } = make(t, [])
      const { ticks } = connection
      const [state] = await ticks.register([nightly])
      assert.ok(state)
      const future = state.anchor + 86_400_000
      await ticks.claim({ ...nightly, from: state.cursor, instant: future })
      const changed = { ...nightly, definition: 'every day at 04:00' }
      const [anew] = await sibling().connection.ticks.register([changed])
      assert.ok(anew && anew.cursor < future && anew.cursor === anew.anchor)
    })

    test('of many that claim the same tick at the same time one succeeds, and its job runs once', async t => {
      const ran: (TickStamp | undefined)[] = []
      const job = defineJob({ name: 'ticked', run: ({ tick }) => void ran.push(tick) })
      const first = make(t, [job])
      const replicas = [first, first.sibling(), first.sibling(), first.sibling()]
      const [state] = await first.connection.ticks.register([nightly])
      assert.ok(state)
      for (const replica of replicas.slice(1)) await replica.connection.ticks.register([nightly])
      const instant = state.anchor + 5_000
      const scheduledFor = new Date(instant).toISOString()
      const pushed = await prepared(first, job, { schedule: 'nightly', scheduledFor })
      const answers = await Promise.all(
        replicas.flatMap(({ connection }) =>
          Array.from({ length: 5 }, () =>
            connection.ticks.claim({ ...nightly, from: state.cursor, instant, job: pushed }),
          ),
        ),
      )
      assert.equal(answers.filter(({ outcome }) => outcome === 'claimed').length, 1)
      for (const answer of answers) {
        if (answer.outcome !== 'claimed')
          assert.deepEqual(answer, { outcome: 'taken', cursor: instant })
      }
      await first.consume()
      await eventually(() => assert.deepEqual(ran, [{ schedule: 'nightly', scheduledFor }]))
      await eventually(async () => {
        const [counts] = await first.queue.counts()
        assert.deepEqual([counts?.waiting, counts?.active, counts?.failed], [0, 0, 0])
      })
      assert.equal(ran.length, 1)
    })

    test('a claim takes jobs of every form: delayed, with a priority, and with attempts', async t => {
      const seen: number[] = []
      const job = defineJob({
        name: 'formed',
        attempts: 3,
        payload: z.object({ n: z.int() }),
        run: ({ payload }) => void seen.push(payload.n),
      })
      const harness = make(t, [job])
      const { ticks } = harness.connection
      const [state] = await ticks.register([nightly])
      assert.ok(state)
      let from = state.cursor
      for (const [n, form] of [{ delayMs: 1 }, { priority: 3 }, {}].entries()) {
        const plain = await harness.queue.prepare(job, { n }, {}, 0, {})
        const answer = await ticks.claim({
          ...nightly,
          from,
          instant: from + 1,
          job: { ...plain, ...form },
        })
        assert.equal(answer.outcome, 'claimed')
        from += 1
      }
      await harness.consume()
      await eventually(() => assert.deepEqual(seen.toSorted(), [0, 1, 2]))
    })

    test('a claim under an old definition is refused, and decides nothing', async t => {
      const { connection } = make(t, [])
      const { ticks } = connection
      await ticks.register([nightly])
      const changed = { ...nightly, definition: 'every day at 04:00' }
      const [state] = await ticks.register([changed])
      assert.ok(state)
      const claim = { from: state.cursor, instant: state.cursor + 1 }
      assert.deepEqual(await ticks.claim({ ...nightly, ...claim }), { outcome: 'superseded' })
      assert.equal((await ticks.claim({ ...changed, ...claim })).outcome, 'claimed')
    })

    test('a claim of a schedule whose state is gone says so', async t => {
      const { connection } = make(t, [])
      await connection.ticks.register([])
      const claim = { name: 'unheard of', definition: 'x', from: 1, instant: 2 }
      assert.deepEqual(await connection.ticks.claim(claim), { outcome: 'forgotten' })
    })

    test('its clock goes on', async t => {
      const { connection } = make(t, [])
      await connection.ticks.register([])
      const before = connection.ticks.now()
      await eventually(() => assert.ok(connection.ticks.now() > before))
      assert.ok(Math.abs(connection.ticks.now() - Date.now()) < 5_000)
    })
  })
}

function prepared(
  harness: Harness,
  job: Parameters<Harness['queue']['prepare']>[0],
  tick: TickStamp,
): Promise<PushedJob> {
  return harness.queue.prepare(job, {}, {}, 0, { tick })
}
