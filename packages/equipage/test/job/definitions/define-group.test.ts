import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import {
  defineChain,
  defineGroup,
  defineJob,
  firstJob,
  type JobContext,
} from '../../../src/job/index.ts'

const count = defineJob({
  name: 'count',
  payload: z.object({ n: z.number() }),
  run: ({ payload }) => payload.n,
})
const tell = defineJob({ name: 'tell', run: () => 'told' })
const input = z.object({ n: z.number() })
const open = () => defineGroup({ name: 'all', payload: input, queue: 'groups', tags: ['many'] })

describe('a group', () => {
  it('has its members in the order in which they were written, and the job behind them', () => {
    const group = open()
      .with('one', count, ({ n }) => ({ n }))
      .each('more', count, ({ n }) => [{ n }], { onFailure: 'continue' })
      .andThen(tell, () => ({}))
    assert.equal(group.kind, 'group')
    assert.deepEqual(
      group.slots.map(({ key, job, list, onFailure }) => [key, job.name, list, onFailure]),
      [
        ['one', 'count', false, 'fail'],
        ['more', 'count', true, 'continue'],
      ],
    )
    assert.equal(group.finally?.job.name, 'tell')
  })

  it('is not changed by the one that goes on from it', () => {
    const short = open().with('one', count, ({ n }) => ({ n }))
    const long = short.with('two', count, ({ n }) => ({ n })).andThen(tell, () => ({}))
    assert.deepEqual([short.slots.length, short.finally, long.slots.length], [1, undefined, 2])
  })

  it('is pushed as a job of its own name, which makes the payloads', async () => {
    const group = open()
      .with('one', count, async ({ n }) => ({ n }))
      .with('bare', tell, () => undefined)
      .each('more', count, ({ n }) => [{ n: n + 1 }])
    const job = firstJob(group)
    assert.equal(job, group.fanOut)
    assert.deepEqual([job.name, job.queue, job.rules.tags], ['all', 'groups', ['many']])
    const made = await job.run({ payload: { n: 3 } } as JobContext<unknown>)
    assert.deepEqual(made, { one: { n: 3 }, bare: {}, more: [{ n: 4 }] })
  })

  it('says which payload it could not make', async () => {
    const made = (payloadOf: () => unknown, list = false) => {
      const options = [count, payloadOf as () => { n: number }] as const
      const each = payloadOf as () => { n: number }[]
      const group = list ? open().each('one', count, each) : open().with('one', ...options)
      return firstJob(group).run({ payload: { n: 3 } } as JobContext<unknown>)
    }
    const failed = (reason: RegExp) => ({ code: 'E_GROUP_HANDOVER', message: reason })
    const thrown = () => {
      throw new Error('no number')
    }
    const own = /^group "all" could not make the payload of "count": /
    await assert.rejects(async () => made(thrown), failed(/: no number$/))
    await assert.rejects(
      async () => made(() => ({ n: 1n })),
      failed(/payload of "one".* at n: a bigint/),
    )
    await assert.rejects(async () => made(() => ({ n: 1 }), true), failed(/gave no list$/))
    await assert.rejects(async () => made(thrown), failed(own))
  })

  it('is refused where it is written wrong', () => {
    const group = open().with('one', count, ({ n }) => ({ n }))
    const payloadOf = ({ n }: { n: number }) => ({ n })
    assert.throws(() => defineGroup({ name: 'a group' }), {
      code: 'E_BAD_NAME',
      message: /^'a group' is no name for a group;/,
    })
    assert.throws(() => group.with('__proto__', count, payloadOf), {
      code: 'E_BAD_NAME',
      message: /^'__proto__' is no name for a member of a group;/,
    })
    assert.throws(() => group.with('one', count, payloadOf), {
      message:
        'group "all", with(one, ...), key: expected a key that no other member has, got \'one\'',
    })
    assert.throws(() => group.with('two', count, payloadOf, { onFailure: 'go' as 'fail' }), {
      message: /with\(two, \.\.\.\), onFailure: expected 'fail' or 'continue', got 'go'$/,
    })
    assert.throws(() => group.each('two', count, [] as never), {
      message:
        /each\(two, \.\.\.\), payload: expected a function that makes the payload, got \[\]$/,
    })
    assert.throws(() => group.andThen(tell, undefined as never), { code: 'E_BAD_OPTION' })
    const chain = defineChain({ name: 'day', start: tell })
    assert.throws(() => group.andThen(chain as never, () => ({})), {
      message: /^group "all", andThen\(\.\.\.\), job: expected a job without unique, debounce/,
    })
    const unique = defineJob({ name: 'single', unique: true, run: () => null })
    assert.throws(() => group.with('two', unique, () => ({})), {
      message: /job: expected a job without unique, debounce and throttle, got 'unique'$/,
    })
  })
})
