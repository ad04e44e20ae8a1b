import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { z } from 'zod'
import { defineGroup, defineJob } from '../../../src/job/index.ts'
import { syncHarness } from '../conformance/harness.ts'

const double = defineJob({
  name: 'double',
  payload: z.object({ n: z.number() }),
  run: ({ payload }) => payload.n * 2,
})
const failing = defineJob({ name: 'failing', run: () => Promise.reject(new Error('no luck')) })
const sum = defineJob({
  name: 'sum',
  payload: z.object({ numbers: z.array(z.number()) }),
  run: ({ payload }) => payload.numbers.reduce((one, other) => one + other, 0),
})
const summed = defineGroup({ name: 'summed', payload: z.object({ upTo: z.int() }) })
  .each('numbers', double, ({ upTo }) => Array.from({ length: upTo }, (_, n) => ({ n: n + 1 })))
  .andThen(sum, ({ numbers }) => ({ numbers }))

suite('the push of a group that runs inline', { concurrency: true }, () => {
  test('runs all of it, and its receipt carries what its last job returned', async t => {
    const { queue, connection } = syncHarness(t, [summed])
    const receipt = await queue.push(summed, { upTo: 250 })
    const { state, result, name } = receipt
    assert.deepEqual([name, state, result], ['summed', 'completed', 250 * 251])
    assert.deepEqual(await connection.groups.unfinished(0), [])
    const [counts] = await queue.counts()
    assert.deepEqual([counts?.waiting, counts?.active, counts?.failed], [0, 0, 0])
  })

  test('tells of a group that failed, by a member or by its last job', async t => {
    const strict = defineGroup({ name: 'strict' })
      .with('one', failing, () => ({}))
      .andThen(sum, () => ({ numbers: [] }))
    const late = defineGroup({ name: 'late' })
      .with('one', double, () => ({ n: 1 }))
      .andThen(failing, () => ({}))
    const { queue } = syncHarness(t, [strict, late])
    const first = await queue.push(strict)
    assert.equal(first.state, 'failed')
    assert.match(String(first.error?.message), /1 of the 1 jobs of group "strict" failed/)
    const second = await queue.push(late)
    assert.deepEqual([second.state, second.error?.message], ['failed', 'no luck'])
  })

  test('waits where a member has to be tried again, and a worker carries it on', async t => {
    let runs = 0
    const flaky = defineJob({
      name: 'flaky',
      attempts: 2,
      backoff: { type: 'fixed', delay: '1h' },
      run: () => (++runs === 1 ? Promise.reject(new Error('not yet')) : 21),
    })
    const ended = Promise.withResolvers<unknown>()
    const group = defineGroup({ name: 'patient' })
      .with('one', flaky, () => ({}))
      .with('two', double, () => ({ n: 21 }))
      .andThen(sum, ({ one, two }) => ({ numbers: [one, two] }))
    const { queue, sibling, pass } = syncHarness(t, [group])
    assert.equal((await queue.push(group)).state, 'waiting')
    const other = sibling()
    other.events.on('group:completed', ({ result }) => ended.resolve(result))
    await other.consume()
    await pass(3_600_001)
    assert.equal(await ended.promise, 63)
  })

  test('leaves what another process can go on with, when its process is gone', async t => {
    const stuck = Promise.withResolvers<number>()
    let runs = 0
    const begun = Promise.withResolvers<void>()
    const member = defineJob({
      name: 'member',
      run: () => {
        if (++runs > 1) return 2
        begun.resolve()
        return stuck.promise
      },
    })
    const group = defineGroup({ name: 'left' })
      .with('one', member, () => ({}))
      .andThen(sum, ({ one }) => ({ numbers: [one] }))
    const { queue, sibling, connection } = syncHarness(t, [group])
    const pushed = queue.push(group)
    await begun.promise
    const other = sibling()
    const ended = Promise.withResolvers<unknown>()
    other.events.on('group:completed', ({ result }) => ended.resolve(result))
    // It lets go of the member and of the group's own job, as a process does that has to end.
    await connection.stop(0)
    await pushed
    await other.consume()
    assert.equal(await ended.promise, 2)
    stuck.resolve(1)
  })
})
