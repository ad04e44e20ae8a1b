import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { defineGroup, defineJob, type PushedJob, type Receipt } from '../../../src/job/index.ts'
import { tickStamp } from '../../support/tick-stamp.ts'
import { errorOf, pipeline, receiptOf } from '../support/attempts.ts'

const count = defineJob({
  name: 'count',
  payload: z.object({ n: z.number() }),
  queue: 'counts',
  priority: 3,
  attempts: 2,
  run: ({ payload }) => payload.n,
})
const tell = defineJob({
  name: 'tell',
  payload: z.object({ sum: z.number() }),
  run: () => 'told',
})
const numbers = z.object({ numbers: z.array(z.number()) })
const summing = defineGroup({ name: 'sum', payload: numbers })
  .each('counts', count, ({ numbers }) => numbers.map(n => ({ n })))
  .andThen(tell, ({ counts }) => ({ sum: counts.reduce((sum, n) => sum + n, 0) }))

const group = { name: 'sum', id: 'run-1' }
const data = { numbers: [3, 4] }

/** The pipeline over a group, and its own job run. */
async function spread(parts: Parameters<typeof pipeline>[1] = {}, stamp = {}) {
  const world = pipeline([summing, count, tell], parts)
  const outcome = await world.run({ data, stamp: { group, ...stamp } })
  /** Runs a job that was pushed. */
  const runPushed = ({ id = '', name, queue, data, attempts, stamp }: PushedJob, attempt = 1) =>
    world.run({ id, name, queue, data, attempts, stamp, attempt })
  return { ...world, outcome, runPushed }
}

describe('a group that is spread', () => {
  it('pushes its members with what they carry, and ids of their places', async () => {
    const tick = tickStamp()
    const { outcome, pushed } = await spread({}, { tick, tags: ['pushed'] })
    assert.deepEqual(pushed[1], {
      id: 'run-1-1',
      name: 'count',
      queue: 'counts',
      data: { n: 4 },
      attempts: 2,
      delayMs: 0,
      priority: 3,
      stamp: { tick, tags: ['pushed'], group: { ...group, place: 1, onFailure: 'fail' } },
    })
    const next: Receipt = { ...group, queue: 'default', state: 'waiting' }
    assert.deepEqual(outcome, { state: 'completed', result: { members: 2 }, next, run: 'open' })
  })

  it('pushes only those that have not ended, when it is spread again', async () => {
    const { run, runPushed, pushed } = await spread()
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    await runPushed(first)
    await run({ data, stamp: { group } })
    assert.deepEqual(pushed, [second])
  })

  it('is tried again when a member cannot be pushed', async () => {
    const { outcome, groups } = await spread({ push: () => Promise.reject(new Error('away')) })
    assert.equal(errorOf(outcome, 'retrying').message, 'away')
    assert.equal((await groups.standing('run-1'))?.state, 'open')
  })

  it('has an id of its own where a program of others added it', async () => {
    const { run, pushed } = pipeline([summing, count, tell])
    await run({ id: '7', data })
    await run({ id: '7', data })
    await run({ id: '8', data })
    const ids = pushed.map(({ id }) => id?.replace(/-\d$/, ''))
    assert.match(String(ids[0]), /^[0-9a-f]{32}$/)
    assert.equal(ids[2], ids[0])
    assert.notEqual(ids[4], ids[0])
  })

  it('fails for good when a member does not accept its payload, or when there are too many', async () => {
    const wrong = { numbers: ['x'] as unknown as number[] }
    const loose = defineGroup({ name: 'sum', payload: z.any() as unknown as typeof numbers }).each(
      'counts',
      count,
      ({ numbers }) => numbers.map(n => ({ n })),
    )
    const { run, pushed, lines } = pipeline([loose, count])
    const error = errorOf(await run({ data: wrong, stamp: { group } }), 'failed')
    assert.match(error.message, /^group "sum" could not make the payload of "count": .*payload\.n/)
    const many = { numbers: Array<number>(10_001).fill(1) }
    const crowd = errorOf(await run({ data: many, stamp: { group } }), 'failed')
    assert.match(crowd.message, /10001 jobs, and 10000 are allowed in one group/)
    assert.deepEqual(pushed, [])
    assert.equal(lines.filter(({ msg }) => msg === 'group failed').length, 2)
  })

  it('fails when a middleware loses what it made', async () => {
    const { outcome } = await spread({ middleware: () => [async (_, next) => void (await next())] })
    const error = errorOf(outcome, 'failed')
    assert.match(error.message, /a middleware gave something else than what next\(\) gave$/)
  })
})

describe('the last job of a group', () => {
  it('is pushed with the end of the last member, and its end is that of the group', async () => {
    const { runPushed, pushed, groups } = await spread()
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    assert.deepEqual(await runPushed(second), {
      state: 'completed',
      result: 4,
      next: undefined,
      run: 'open',
    })
    assert.equal(pushed.length, 0)
    const outcome = await runPushed(first)
    const [last] = pushed
    assert.ok(last && outcome.state === 'completed')
    assert.deepEqual(last.id, 'run-1-last')
    assert.deepEqual(last.data, { sum: 7 })
    assert.deepEqual(outcome.next, receiptOf(last))
    assert.deepEqual(await groups.unfinished(), ['run-1'])
    await runPushed(last)
    assert.deepEqual(await groups.unfinished(), [])
  })

  it('is not pushed twice by a member that runs twice, nor when it has ended', async () => {
    const { runPushed, pushed } = await spread()
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    await runPushed(first)
    await runPushed(second)
    await runPushed(second)
    assert.equal(pushed.length, 1)
    const [last] = pushed
    assert.ok(last)
    await runPushed(last)
    await runPushed(first)
    assert.equal(pushed.length, 1)
  })

  it('that could not be pushed is left to the next round, and its member has completed', async () => {
    let away = false
    const pushed: PushedJob[] = []
    const push = async (job: PushedJob) => {
      if (away) throw new Error('Redis is away')
      pushed.push(job)
      return receiptOf(job)
    }
    const { runPushed, lines, runner, groups } = await spread({ push })
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    await runPushed(first)
    away = true
    const outcome = await runPushed(second)
    assert.equal(outcome.state, 'completed')
    assert.match(String(lines.at(-1)?.msg), /last job of the group could not be pushed/)
    assert.equal((await groups.standing('run-1'))?.lastPushed, false)
    away = false
    await runner.goOn('run-1')
    assert.deepEqual(
      pushed.map(({ id }) => id),
      ['run-1-last'],
    )
  })

  it('waits for a release that knows the group, ten minutes, and then the group fails', async () => {
    const { pushed, groups } = await spread()
    const other = pipeline([count, tell], { groups: async () => groups })
    for (const { id = '', name, data, stamp } of pushed.splice(0))
      await other.run({ id, name, data, stamp })
    assert.deepEqual(other.pushed, [])
    assert.match(String(other.lines.at(-1)?.msg), /no group of that name in this release/)
    assert.equal((await groups.standing('run-1'))?.state, 'ready')
    other.clock.advance(600_001)
    await other.runner.goOn('run-1')
    const line = other.lines.find(({ msg }) => msg === 'group failed')
    assert.match(JSON.stringify(line?.['err']), /group .*sum.* has other jobs in this release than/)
    assert.equal((await groups.standing('run-1'))?.state, 'failed')
  })

  it('is not made of the results of other members than the definition has', async () => {
    const { pushed, groups } = await spread()
    const changed = defineGroup({ name: 'sum', payload: numbers })
      .each('numbers', count, ({ numbers }) => numbers.map(n => ({ n })))
      .andThen(tell, () => ({ sum: 0 }))
    const other = pipeline([count, changed, tell], { groups: async () => groups })
    for (const { id = '', name, data, stamp } of pushed.splice(0))
      await other.run({ id, name, data, stamp })
    assert.deepEqual(other.pushed, [])
    const line = other.lines.find(({ msg }) => msg === 'group failed')
    assert.match(JSON.stringify(line?.['err']), /E_GROUP_CHANGED/)
  })
})

describe('a member of a group that cannot tell of its end', () => {
  const away = { end: () => Promise.reject(new Error('Redis is away')) }

  it('is tried again when it completed', async () => {
    const { pushed, groups } = await spread()
    const told = Object.assign(Object.create(groups), away)
    const other = pipeline([count, summing, tell], { groups: async () => told })
    const [first] = pushed
    assert.ok(first)
    const { id = '', data, stamp } = first
    const outcome = await other.run({ id, data, stamp, attempts: 2 })
    assert.equal(errorOf(outcome, 'retrying').message, 'Redis is away')
  })

  it('stays failed when it failed, and the next round finds it', async () => {
    const { pushed, groups } = await spread()
    const told = Object.assign(Object.create(groups), away)
    const other = pipeline([count, summing, tell], { groups: async () => told })
    const [first] = pushed
    assert.ok(first)
    const { id = '', stamp } = first
    const outcome = await other.run({ id, data: { n: 'x' }, stamp, attempts: 2 })
    assert.ok(outcome.state === 'failed')
    assert.equal(outcome.run, 'open')
    assert.match(String(other.lines.at(-1)?.msg), /what follows a failed job could not be done/)
  })
})

describe('the run of a tick that pushed a group', () => {
  const follow = async (failing: boolean) => {
    const told: string[] = []
    const tickRuns = {
      began: async ({ id }: { id: string }) => void told.push(`began ${id}`),
      ended: async ({ id }: { id: string }, { ok }: { ok: boolean }) =>
        void told.push(`ended ${id} ${ok}`),
    }
    const { runPushed, pushed } = await spread({ tickRuns }, { tick: tickStamp() })
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    await runPushed(failing ? { ...first, data: { n: 'x' } } : first)
    await runPushed(second)
    const [last] = pushed
    if (last) await runPushed(last)
    return told
  }

  it('begins with the job that spreads it, and ends with its last', async () => {
    assert.deepEqual(await follow(false), ['began job-1', 'ended run-1-last true'])
  })

  it('ends with the job that spreads it, when there are no members and its last job cannot be made', async () => {
    const told: string[] = []
    const tickRuns = {
      began: async () => undefined,
      ended: async ({ id }: { id: string }, { ok }: { ok: boolean }) =>
        void told.push(`ended ${id} ${ok}`),
    }
    const unmade = defineGroup({ name: 'sum', payload: numbers })
      .each('counts', count, () => [])
      .andThen(tell, () => Promise.reject(new Error('no sum')))
    const { run } = pipeline([unmade, count, tell], { tickRuns })
    await run({ data, stamp: { group, tick: tickStamp() } })
    assert.deepEqual(told, ['ended job-1 false'])
  })

  it('ends with a job that failed without an attempt, when that was the last to end', async () => {
    const told: string[] = []
    const tickRuns = {
      began: async () => undefined,
      ended: async ({ id }: { id: string }, { ok }: { ok: boolean }) =>
        void told.push(`ended ${id} ${ok}`),
    }
    const { runPushed, pushed, runner } = await spread({ tickRuns }, { tick: tickStamp() })
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    await runPushed(first)
    await runner.lost({ ...second, id: 'run-1-1' }, new Error('gone'))
    assert.deepEqual(told, ['ended run-1-1 false'])
  })

  it('ends with the member that ended last, when another one failed', async () => {
    assert.deepEqual(await follow(true), ['began job-1', 'ended run-1-1 false'])
  })
})
