import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { defineGroup, defineJob, type PushedJob, type Receipt } from '../../../src/job/index.ts'
import { tickMetadata } from '../../support/tick-metadata.ts'
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
async function fanOut(dependencies: Parameters<typeof pipeline>[1] = {}, metadata = {}) {
  const world = pipeline([summing, count, tell], dependencies)
  const outcome = await world.run({ data, metadata: { group, ...metadata } })
  /** Runs a job that was pushed. */
  const runPushed = ({ id = '', name, queue, data, attempts, metadata }: PushedJob, attempt = 1) =>
    world.run({ id, name, queue, data, attempts, metadata, attempt })
  return { ...world, outcome, runPushed }
}

describe('a group that is spread', () => {
  it('pushes its members with what they carry, and ids of their places', async () => {
    const tick = tickMetadata()
    const { outcome, pushed } = await fanOut({}, { tick, tags: ['pushed'] })
    assert.deepEqual(pushed[1], {
      id: 'run-1-1',
      name: 'count',
      queue: 'counts',
      data: { n: 4 },
      attempts: 2,
      delayMs: 0,
      priority: 3,
      metadata: { tick, tags: ['pushed'], group: { ...group, index: 1, onFailure: 'fail' } },
    })
    const next: Receipt = { ...group, queue: 'default', state: 'waiting' }
    assert.deepEqual(outcome, { state: 'completed', result: { members: 2 }, next, run: 'open' })
  })

  it('pushes only those that have not ended, when it is spread again', async () => {
    const { run, runPushed, pushed } = await fanOut()
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    await runPushed(first)
    await run({ data, metadata: { group } })
    assert.deepEqual(pushed, [second])
  })

  it('is tried again when a member cannot be pushed', async () => {
    const { outcome, groups } = await fanOut({ push: () => Promise.reject(new Error('away')) })
    assert.equal(errorOf(outcome, 'retrying').message, 'away')
    assert.equal((await groups.state('run-1'))?.state, 'open')
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
    const error = errorOf(await run({ data: wrong, metadata: { group } }), 'failed')
    assert.match(error.message, /^group "sum" could not make the payload of "count": .*payload\.n/)
    const many = { numbers: Array<number>(10_001).fill(1) }
    const crowd = errorOf(await run({ data: many, metadata: { group } }), 'failed')
    assert.match(crowd.message, /10001 jobs, and 10000 are allowed in one group/)
    assert.deepEqual(pushed, [])
    assert.equal(lines.filter(({ msg }) => msg === 'group failed').length, 2)
  })

  it('fails when a middleware loses what it made', async () => {
    const { outcome } = await fanOut({ middleware: () => [async (_, next) => void (await next())] })
    const error = errorOf(outcome, 'failed')
    assert.match(error.message, /a middleware gave something else than what next\(\) gave$/)
  })
})

describe('the last job of a group', () => {
  it('is pushed with the end of the last member, and its end is that of the group', async () => {
    const { runPushed, pushed, groups } = await fanOut()
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    assert.deepEqual(await runPushed(second), {
      state: 'completed',
      result: 4,
      run: 'open',
    })
    assert.equal(pushed.length, 0)
    const outcome = await runPushed(first)
    const [finallyJob] = pushed
    assert.ok(finallyJob && outcome.state === 'completed')
    assert.deepEqual(finallyJob.id, 'run-1-finally')
    assert.deepEqual(finallyJob.data, { sum: 7 })
    assert.deepEqual(outcome.next, receiptOf(finallyJob))
    assert.deepEqual(await groups.unfinished(), ['run-1'])
    await runPushed(finallyJob)
    assert.deepEqual(await groups.unfinished(), [])
  })

  it('is not pushed twice by a member that runs twice, nor when it has ended', async () => {
    const { runPushed, pushed } = await fanOut()
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    await runPushed(first)
    await runPushed(second)
    await runPushed(second)
    assert.equal(pushed.length, 1)
    const [finallyJob] = pushed
    assert.ok(finallyJob)
    await runPushed(finallyJob)
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
    const { runPushed, lines, runner, groups } = await fanOut({ push })
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    await runPushed(first)
    away = true
    const outcome = await runPushed(second)
    assert.equal(outcome.state, 'completed')
    assert.match(String(lines.at(-1)?.msg), /last job of the group could not be pushed/)
    assert.equal((await groups.state('run-1'))?.finallyPushed, false)
    away = false
    await runner.goOn('run-1')
    assert.deepEqual(
      pushed.map(({ id }) => id),
      ['run-1-finally'],
    )
  })

  it('waits for a release that knows the group, ten minutes, and then the group fails', async () => {
    const { pushed, groups } = await fanOut()
    const other = pipeline([count, tell], { groups: async () => groups })
    for (const { id = '', name, data, metadata } of pushed.splice(0))
      await other.run({ id, name, data, metadata })
    assert.deepEqual(other.pushed, [])
    assert.match(String(other.lines.at(-1)?.msg), /no group of that name in this deployment/)
    assert.equal((await groups.state('run-1'))?.state, 'ready')
    other.clock.advance(600_001)
    await other.runner.goOn('run-1')
    const line = other.lines.find(({ msg }) => msg === 'group failed')
    assert.match(
      JSON.stringify(line?.['err']),
      /group .*sum.* has other jobs in this deployment than/,
    )
    assert.equal((await groups.state('run-1'))?.state, 'failed')
  })

  it('is not made of the results of other members than the definition has', async () => {
    const { pushed, groups } = await fanOut()
    const changed = defineGroup({ name: 'sum', payload: numbers })
      .each('numbers', count, ({ numbers }) => numbers.map(n => ({ n })))
      .andThen(tell, () => ({ sum: 0 }))
    const other = pipeline([count, changed, tell], { groups: async () => groups })
    for (const { id = '', name, data, metadata } of pushed.splice(0))
      await other.run({ id, name, data, metadata })
    assert.deepEqual(other.pushed, [])
    const line = other.lines.find(({ msg }) => msg === 'group failed')
    assert.match(JSON.stringify(line?.['err']), /E_GROUP_CHANGED/)
  })
})

describe('a member of a group that cannot tell of its end', () => {
  const away = { end: () => Promise.reject(new Error('Redis is away')) }

  it('is tried again when it completed', async () => {
    const { pushed, groups } = await fanOut()
    const told = Object.assign(Object.create(groups), away)
    const other = pipeline([count, summing, tell], { groups: async () => told })
    const [first] = pushed
    assert.ok(first)
    const { id = '', data, metadata } = first
    const outcome = await other.run({ id, data, metadata, attempts: 2 })
    assert.equal(errorOf(outcome, 'retrying').message, 'Redis is away')
  })

  it('stays failed when it failed, and the next round finds it', async () => {
    const { pushed, groups } = await fanOut()
    const told = Object.assign(Object.create(groups), away)
    const other = pipeline([count, summing, tell], { groups: async () => told })
    const [first] = pushed
    assert.ok(first)
    const { id = '', metadata } = first
    const outcome = await other.run({ id, data: { n: 'x' }, metadata, attempts: 2 })
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
    const { runPushed, pushed } = await fanOut({ tickRuns }, { tick: tickMetadata() })
    const [first, second] = pushed.splice(0)
    assert.ok(first && second)
    await runPushed(failing ? { ...first, data: { n: 'x' } } : first)
    await runPushed(second)
    const [finallyJob] = pushed
    if (finallyJob) await runPushed(finallyJob)
    return told
  }

  it('begins with the job that spreads it, and ends with its last', async () => {
    assert.deepEqual(await follow(false), ['began job-1', 'ended run-1-finally true'])
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
    await run({ data, metadata: { group, tick: tickMetadata() } })
    assert.deepEqual(told, ['ended job-1 false'])
  })

  it('ends with a job that failed without an attempt, when that was the last to end', async () => {
    const told: string[] = []
    const tickRuns = {
      began: async () => undefined,
      ended: async ({ id }: { id: string }, { ok }: { ok: boolean }) =>
        void told.push(`ended ${id} ${ok}`),
    }
    const { runPushed, pushed, runner } = await fanOut({ tickRuns }, { tick: tickMetadata() })
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
