import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { z } from 'zod'
import {
  type ChainEvent,
  defineGroup,
  defineJob,
  type GroupDefinition,
  type Receipt,
} from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { Harness, MakeHarness } from './harness.ts'

const double = defineJob({
  name: 'double',
  payload: z.object({ n: z.number() }),
  run: ({ payload }) => ({ doubled: payload.n * 2 }),
})
const failing = defineJob({ name: 'failing', run: () => Promise.reject(new TypeError('no luck')) })

/** A last job that takes note of what it is given. */
function noting() {
  const seen: unknown[] = []
  const job = defineJob({
    name: 'noting',
    payload: z.object({ found: z.json() }),
    run({ payload }) {
      seen.push(payload.found)
      return { noted: true }
    },
  })
  return { job, seen }
}

/** A job that ends when the test says so. */
function gated(name = 'gated') {
  const { promise, resolve: open } = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  let runs = 0
  const job = defineJob({
    name,
    async run() {
      runs++
      begun.resolve()
      await promise
      return 'let through'
    },
  })
  return { job, open: () => open(), begun: begun.promise, runs: () => runs }
}

/** How groups ended, as it is told. */
function ends({ events }: Harness): string[] {
  const told: string[] = []
  const named = ({ name, id }: ChainEvent) => (id === '' ? `${name} without id` : name)
  events.on('group:completed', event => void told.push(`${named(event)} completed`))
  events.on(
    'group:failed',
    event => void told.push(`${named(event)} failed: ${event.error.message}`),
  )
  return told
}

/** Groups of jobs, and that each of them reaches an end; the same code runs on each connection. */
export function groupsConformance(name: string, make: MakeHarness): void {
  suite(`groups over ${name}`, { concurrency: true }, () => {
    const begin = async (t: TestContext, group: GroupDefinition) => {
      const harness = make(t, [group])
      const told = ends(harness)
      await harness.consume()
      return { ...harness, told }
    }

    test('its jobs run side by side, and the last one is given all results by their keys', async t => {
      const { job, seen } = noting()
      const group = defineGroup({ name: 'both', payload: z.object({ n: z.number() }) })
        .with('one', double, ({ n }) => ({ n }))
        .each('many', double, ({ n }) => [{ n: n + 1 }, { n: n + 2 }])
        .andThen(job, (results, { n }) => ({ found: { results, n } }))
      const { queue, told } = await begin(t, group)
      const receipt = await queue.push(group, { n: 10 })
      assert.equal(receipt.name, 'both')
      await eventually(() => assert.deepEqual(told, ['both completed']))
      const results = { one: { doubled: 20 }, many: [{ doubled: 22 }, { doubled: 24 }] }
      assert.deepEqual(seen, [{ results, n: 10 }])
    })

    test('none of its jobs waits for another', async t => {
      const { job, seen } = noting()
      const [one, other] = [gated('first.of.two'), gated('second.of.two')]
      const group = defineGroup({ name: 'side.by.side' })
        .with('one', one.job, () => ({}))
        .with('other', other.job, () => ({}))
        .andThen(job, found => ({ found }))
      const { queue } = await begin(t, group)
      const pushed = queue.push(group)
      await Promise.all([one.begun, other.begun])
      one.open()
      other.open()
      await pushed
      const found = { one: 'let through', other: 'let through' }
      await eventually(() => assert.deepEqual(seen, [found]))
    })

    test('a list may be empty, and a group may have no last job', async t => {
      const { job, seen } = noting()
      const none = defineGroup({ name: 'none' })
        .each('many', double, () => [])
        .andThen(job, found => ({ found }))
      const endless = defineGroup({ name: 'no.last' }).with('one', double, () => ({ n: 1 }))
      const harness = make(t, [none, endless])
      const told = ends(harness)
      await harness.consume()
      await harness.queue.push(none)
      await eventually(() => assert.deepEqual(told, ['none completed']))
      assert.deepEqual(seen, [{ many: [] }])
      await harness.queue.push(endless)
      await eventually(() => assert.deepEqual(told, ['none completed', 'no.last completed']))
    })

    test('a group of no jobs at all completes', async t => {
      const group = defineGroup({ name: 'empty' }).each('many', double, () => [])
      const { queue, told } = await begin(t, group)
      await queue.push(group)
      await eventually(() => assert.deepEqual(told, ['empty completed']))
    })

    test('a failure that may not be fails the group when all others have ended, and the last job is not run', async t => {
      const { job, seen } = noting()
      const other = gated()
      const group = defineGroup({ name: 'strict' })
        .with('fails', failing, () => ({}))
        .with('goes', other.job, () => ({}))
        .andThen(job, found => ({ found }))
      const { queue, told, lines } = await begin(t, group)
      const pushed = queue.push(group)
      await eventually(() => assert.ok(lines.some(({ msg }) => msg === 'job failed')))
      await other.begun
      assert.deepEqual(told, [])
      other.open()
      await pushed
      await eventually(() => assert.equal(told.length, 1))
      assert.match(
        String(told[0]),
        /^strict failed: 1 of the 2 jobs of group "strict" failed; the first was "failing" \(fails\): no luck;/,
      )
      assert.deepEqual(seen, [])
      const line = lines.find(({ msg }) => msg === 'group failed')
      assert.equal(line?.['group'], 'strict')
    })

    test('under "continue" the last job is told how each has ended', async t => {
      const { job, seen } = noting()
      const sometimes = defineJob({
        name: 'sometimes',
        payload: z.object({ n: z.number() }),
        run: ({ payload: { n } }) => (n > 1 ? Promise.reject(new Error(`not ${n}`)) : n),
      })
      const group = defineGroup({ name: 'lenient' })
        .with('fails', failing, () => ({}), { onFailure: 'continue' })
        .each('some', sometimes, () => [{ n: 1 }, { n: 2 }], { onFailure: 'continue' })
        .with('sure', double, () => ({ n: 4 }))
        .andThen(job, found => ({ found }))
      const { queue, told } = await begin(t, group)
      await queue.push(group)
      await eventually(() => assert.deepEqual(told, ['lenient completed']))
      const failed = (errorName: string, message: string) => ({
        state: 'failed',
        error: { name: errorName, message },
      })
      const found = {
        fails: failed('TypeError', 'no luck'),
        some: [{ state: 'completed', result: 1 }, failed('Error', 'not 2')],
        sure: { doubled: 8 },
      }
      assert.deepEqual(seen, [found])
    })

    test('a member that is tried again has ended with its last attempt', async t => {
      const { job, seen } = noting()
      let runs = 0
      const flaky = defineJob({
        name: 'flaky',
        attempts: 3,
        backoff: { type: 'fixed', delay: '20ms' },
        run: () => (++runs < 3 ? Promise.reject(new Error('not yet')) : runs),
      })
      const group = defineGroup({ name: 'patient' })
        .with('flaky', flaky, () => ({}))
        .andThen(job, found => ({ found }))
      const { queue, told } = await begin(t, group)
      await queue.push(group)
      await eventually(() => assert.deepEqual(told, ['patient completed']))
      assert.deepEqual(seen, [{ flaky: 3 }])
    })

    test('a failed last job fails the group', async t => {
      const group = defineGroup({ name: 'at.last' })
        .with('one', double, () => ({ n: 1 }))
        .andThen(failing, () => ({}))
      const { queue, told } = await begin(t, group)
      await queue.push(group)
      await eventually(() => assert.deepEqual(told, ['at.last failed: no luck']))
    })

    test('a last job that cannot be made fails the group, and none of its members', async t => {
      const group = defineGroup({ name: 'unmade' })
        .with('one', double, () => ({ n: 1 }))
        .andThen(double, () => ({ n: 'seven' as unknown as number }))
      const { queue, told } = await begin(t, group)
      await queue.push(group)
      await eventually(() => assert.equal(told.length, 1))
      assert.match(
        String(told[0]),
        /^unmade failed: group "unmade" could not make the payload of "double": .*payload\.n/,
      )
      const [counts] = await queue.counts()
      assert.equal(counts?.failed, 0)
    })

    test('members that cannot be made fail the group before any of them runs', async t => {
      const { job, seen } = noting()
      const group = defineGroup({ name: 'unspread' })
        .with('fine', job, () => ({ found: 1 }))
        .with('wrong', double, () => Promise.reject(new Error('nothing to double')))
      const { queue, told } = await begin(t, group)
      await queue.push(group)
      const message = 'group "unspread" could not make the payload of "double": nothing to double'
      await eventually(() => assert.deepEqual(told, [`unspread failed: ${message}`]))
      assert.deepEqual(seen, [])
    })

    test('results beyond the limit of a payload fail the group, and say so', async t => {
      const large = defineJob({
        name: 'large',
        payload: z.object({ n: z.number() }),
        run: () => 'x'.repeat(6_000_000),
      })
      const { job, seen } = noting()
      const group = defineGroup({ name: 'too.large' })
        .each('large', large, () => [{ n: 1 }, { n: 2 }])
        .andThen(job, () => ({ found: null }))
      const { queue, told } = await begin(t, group)
      await queue.push(group)
      await eventually(() => assert.equal(told.length, 1))
      assert.match(String(told[0]), /results of group "too\.large" take more than 10000000 bytes/)
      assert.deepEqual(seen, [])
    })

    test('tags of the push are handed on to all of its jobs', async t => {
      const tags: (readonly string[])[] = []
      const tagged = defineJob({
        name: 'tagged',
        tags: ['own'],
        run: context => void tags.push([...context.tags].sort()),
      })
      const group = defineGroup({ name: 'tags', tags: ['of group'] })
        .with('one', tagged, () => ({}))
        .andThen(tagged, () => ({}))
      const { queue, told } = await begin(t, group)
      const receipt = await queue.push(group, {}, { tags: ['pushed'] })
      assert.deepEqual(receipt.tags, ['of group', 'pushed'])
      await eventually(() => assert.deepEqual(told, ['tags completed']))
      assert.deepEqual(tags, [
        ['own', 'pushed'],
        ['own', 'pushed'],
      ])
    })

    test('a delayed push spreads when it is due; many may be pushed; none is unique', async t => {
      const { job, seen } = noting()
      const group = defineGroup({ name: 'often', payload: z.object({ n: z.number() }) })
        .with('one', double, ({ n }) => ({ n }))
        .andThen(job, found => ({ found }))
      const { queue, told } = await begin(t, group)
      await assert.rejects(queue.push(group, { n: 1 }, { unique: 'key' }), { code: 'E_BAD_OPTION' })
      const delayed: Receipt = await queue.pushIn('100ms', group, { n: 1 })
      assert.equal(delayed.state, 'delayed')
      await eventually(() => assert.equal(told.length, 1))
      await queue.pushMany(group, [{ n: 2 }, { n: 3 }])
      await eventually(() => assert.equal(told.length, 3))
      const found = seen as { one: { doubled: number } }[]
      assert.deepEqual(found.map(({ one }) => one.doubled).sort(), [2, 4, 6])
    })

    test('spreading a group again while it goes on does no harm', async t => {
      const { job, seen } = noting()
      const member = gated()
      const group = defineGroup({ name: 'again' })
        .with('one', member.job, () => ({}))
        .andThen(job, found => ({ found }))
      const harness = await begin(t, group)
      const pushed = harness.queue.push(group)
      await member.begun
      const [id = ''] = await harness.connection.groups.unfinished(0)
      const state = await harness.connection.groups.state(id)
      assert.ok(state)
      assert.equal(state.state, 'open')
      const opened = await harness.connection.groups.open(id, {
        ...state.plan,
        members: [],
        finally: null,
      })
      assert.deepEqual(opened, { state: 'open', ended: new Set() })
      member.open()
      await pushed
      await eventually(() => assert.deepEqual(harness.told, ['again completed']))
      assert.equal(member.runs(), 1)
      assert.equal(seen.length, 1)
      assert.deepEqual(await harness.connection.groups.unfinished(0), [])
    })

    test('looking after groups changes nothing while their jobs are there', async t => {
      const member = gated()
      const { job, seen } = noting()
      const group = defineGroup({ name: 'in.peace' })
        .with('one', member.job, () => ({}))
        .with('later', double, () => ({ n: 1 }))
        .andThen(job, found => ({ found }))
      const harness = await begin(t, group)
      const pushed = harness.queue.push(group)
      await member.begun
      await harness.tend()
      await harness.sibling().tend()
      assert.deepEqual(harness.told, [])
      member.open()
      await pushed
      await eventually(() => assert.deepEqual(harness.told, ['in.peace completed']))
      assert.deepEqual(seen, [{ one: 'let through', later: { doubled: 2 } }])
    })

    test('a member that is gone from its queue counts as failed, with the reason', async t => {
      const { job, seen } = noting()
      const waiting = defineJob({ name: 'waiting', delay: '1h', run: () => 1 })
      const group = defineGroup({ name: 'robbed' })
        .with('gone', waiting, () => ({}), { onFailure: 'continue' })
        .andThen(job, found => ({
          found: found.gone.state === 'failed' ? found.gone.error.message : '',
        }))
      const harness = await begin(t, group)
      await harness.queue.push(group)
      const [id = ''] = await eventually(async () => {
        const ids = await harness.connection.groups.unfinished(0)
        assert.equal((await harness.queue.counts())[0]?.delayed, 1)
        assert.equal(ids.length, 1)
        return ids
      })
      await eventually(async () => {
        const fanOut = (await harness.connection.groups.state(id))?.plan.fanOut
        assert.ok(fanOut)
        const found = await harness.connection.admin.find(fanOut.queue, fanOut.id)
        assert.ok(!found || found.state === 'completed')
      })
      await harness.queue.forget(`${id}-0`)
      assert.deepEqual(harness.told, [])
      await harness.tend()
      await eventually(() => assert.deepEqual(harness.told, ['robbed completed']))
      assert.match(
        String(seen[0]),
        /^job "waiting" \(.*-0\) of queue "default" ended without a result: it is not in its queue any more$/,
      )
    })

    test('a cleared queue leaves no group open', async t => {
      const waiting = defineJob({ name: 'waiting', delay: '1h', run: () => 1 })
      const group = defineGroup({ name: 'cleared' })
        .each('gone', waiting, () => [{}, {}, {}])
        .andThen(waiting, () => ({}))
      const harness = await begin(t, group)
      await harness.queue.push(group)
      await eventually(async () => assert.equal((await harness.queue.counts())[0]?.delayed, 3))
      await harness.queue.clear('default')
      await eventually(async () => {
        await harness.tend()
        assert.equal(harness.told.length, 1)
      })
      assert.match(String(harness.told[0]), /^cleared failed: 3 of the 3 jobs/)
      assert.deepEqual(await harness.connection.groups.unfinished(0), [])
    })

    test('a last job that was forgotten fails its group', async t => {
      const waiting = defineJob({ name: 'waiting', delay: '1h', run: () => 1 })
      const group = defineGroup({ name: 'headless' })
        .with('one', double, () => ({ n: 1 }))
        .andThen(waiting, () => ({}))
      const harness = await begin(t, group)
      await harness.queue.push(group)
      const [id = ''] = await eventually(async () => {
        const ids = await harness.connection.groups.unfinished(0)
        const state = await harness.connection.groups.state(ids[0] ?? '')
        assert.equal(state?.finallyPushed, true)
        return ids
      })
      await harness.tend()
      assert.deepEqual(harness.told, [])
      await harness.queue.forget(`${id}-finally`)
      await harness.tend()
      assert.match(String(harness.told[0]), /^headless failed: job "waiting" .*-finally\) of queue/)
    })

    test('one round at a time looks after groups', async t => {
      const waiting = defineJob({ name: 'waiting', delay: '1h', run: () => 1 })
      const group = defineGroup({ name: 'in.turn' }).with('one', waiting, () => ({}))
      const { queue, connection } = await begin(t, group)
      await queue.push(group)
      await eventually(async () => assert.equal((await connection.groups.unfinished(0)).length, 1))
      const turns = [await connection.groups.unfinished(60_000)]
      turns.push(await connection.groups.unfinished(60_000))
      assert.equal(turns[0]?.length, 1)
      // A connection that stays on one machine may let each of its processes look.
      assert.ok((turns[1]?.length ?? 0) <= 1)
    })
  })
}
