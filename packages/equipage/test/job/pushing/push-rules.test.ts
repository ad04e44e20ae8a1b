import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import {
  defineChain,
  defineJob,
  defineQueue,
  guardOf,
  type JobOptions,
} from '../../../src/job/index.ts'

const payload = z.object({ id: z.int(), size: z.int().default(3) })
type Options = Partial<JobOptions<z.input<typeof payload>, z.output<typeof payload>, unknown>>

const jobOf = (options: Options) =>
  defineJob({ name: 'report', payload, run: () => null, ...options })

describe('what a definition says about pushes', () => {
  it('is nothing, when nothing is written', () => {
    assert.deepEqual(jobOf({}).rules, {
      delayMs: 0,
      priority: 0,
      guard: undefined,
      tags: [],
      keep: undefined,
    })
  })

  it('is read into milliseconds', () => {
    const { rules } = jobOf({ delay: '1m', priority: 3, throttle: '2s', tags: ['a', 'b', 'a'] })
    const guard = { kind: 'throttle', forMs: 2_000, keyOf: undefined }
    assert.deepEqual(rules, {
      delayMs: 60_000,
      priority: 3,
      guard,
      tags: ['a', 'b'],
      keep: undefined,
    })
  })

  const wrong: [string, Options, RegExp][] = [
    ['two guards', { unique: true, throttle: '1s' }, /"report", unique, throttle: expected one/],
    ['a unique that is none', { unique: 'yes' as never }, /unique: expected true, or/],
    [
      'a key that is no function',
      { unique: { key: 'id' as never } },
      /unique\.key: expected a func/,
    ],
    ['a time of nothing', { debounce: 0 }, /debounce: expected a duration of a millisecond/],
    ['a time of nothing for a key', { unique: { for: 0 } }, /unique\.for: expected/],
    ['a debounce with a delay', { debounce: '1s', delay: '1s' }, /delay: expected none/],
    ['a negative priority', { priority: -1 }, /priority: expected a whole number from 0/],
    ['tags that are no list', { tags: 'a' as never }, /tags: expected a list of 20 texts/],
    ['an empty tag', { tags: [''] }, /tags: expected/],
    ['too many tags', { tags: Array.from({ length: 21 }, (_, n) => `${n}`) }, /tags: expected/],
  ]
  for (const [what, options, message] of wrong) {
    it(`is refused with ${what}`, () => {
      assert.throws(() => jobOf(options), { code: 'E_BAD_OPTION', message })
    })
  }

  it('is refused in a chain, where it might leave the chain without an end', () => {
    const unique = jobOf({ unique: true })
    const plain = jobOf({})
    const wrong = (where: string) => ({
      code: 'E_BAD_OPTION',
      message: `chain "day", ${where}: expected a job without unique, debounce and throttle, got 'unique'`,
    })
    assert.throws(() => defineChain({ name: 'day', start: unique }), wrong('start'))
    const chain = defineChain({ name: 'day', start: plain })
    const option = wrong('andThen(report, ...), job')
    assert.throws(() => chain.andThen(unique, () => ({ id: 1 })), option)
  })
})

describe('the key of a push', () => {
  const keyOf = async (options: Options, data: { id: number; size?: number }, own?: string) =>
    (await guardOf(jobOf(options), data, own))?.key

  it('begins with the name of its job', async () => {
    assert.equal(await keyOf({}, { id: 1 }, 'mine'), 'report:mine')
    assert.match((await keyOf({ unique: true }, { id: 1 })) ?? '', /^report:[0-9a-f]{64}$/)
  })

  it('is made of what the schema gives', async () => {
    const key = ({ id, size }: { id: number; size: number }) => `${id} of ${size}`
    assert.equal(await keyOf({ throttle: { for: 1, key } }, { id: 1 }), 'report:1 of 3')
  })

  it('is the same for the same payload, and for no other one', async () => {
    const texts = ['{"id":1,"size":2}', '{"size":2,"id":1}', '{"id":2,"size":1}', '{"id":1}']
    const nested = ['{"id":1,"__proto__":{"a":1}}', '{"id":1,"__proto__":{"a":2}}']
    const keys = await Promise.all(
      [...texts, ...nested].map(text => keyOf({ unique: true }, JSON.parse(text))),
    )
    assert.equal(keys[0], keys[1])
    assert.equal(new Set(keys).size, keys.length - 1)
  })

  it('is short, however long it was given', async () => {
    const [one, other] = await Promise.all(
      ['a', 'b'].map(end => keyOf({}, { id: 1 }, 'x'.repeat(10_000) + end)),
    )
    assert.ok((one?.length ?? 0) < 100)
    assert.notEqual(one, other)
  })

  it('of a push takes the place of the one of the definition, and keeps its time', async () => {
    const unique = { key: () => 'theirs', for: '1m' }
    assert.deepEqual(await guardOf(jobOf({ unique }), { id: 1 }, 'mine'), {
      kind: 'unique',
      key: 'report:mine',
      forMs: 60_000,
    })
  })

  it('is none for a job that is not unique', async () => {
    assert.equal(await guardOf(jobOf({}), { id: 1 }, undefined), undefined)
  })
})

describe('the definition of a queue', () => {
  it('has its limits, or none', () => {
    const queue = defineQueue({ name: 'api', concurrency: 2, rateLimit: { max: 10, per: '1m' } })
    const rateLimit = { max: 10, perMs: 60_000 }
    assert.deepEqual(queue, { kind: 'queue', name: 'api', limits: { concurrency: 2, rateLimit } })
    const none = { concurrency: null, rateLimit: null }
    assert.deepEqual(defineQueue({ name: 'free' }).limits, none)
  })

  it('is a queue that a job can name', () => {
    const queue = defineQueue({ name: 'reports' })
    assert.equal(jobOf({ queue }).queue, 'reports')
    assert.equal(jobOf({ queue }).queueDefinition, queue)
  })

  it('is refused with limits that are none', () => {
    assert.throws(() => defineQueue({ name: 'a b' }), { code: 'E_BAD_NAME' })
    assert.throws(() => defineQueue({ name: 'api', concurency: 1 } as never), {
      code: 'E_BAD_OPTION',
      message: /queue "api", concurency: expected concurrency, because/,
    })
    for (const limits of [
      { concurrency: 0 },
      { concurrency: 1.5 },
      { rateLimit: { max: 0, per: '1s' } },
      { rateLimit: { max: 1, per: 0 } },
      { rateLimit: 5 as never },
    ]) {
      const message = /queue "api", (concurrency|rateLimit)/
      assert.throws(() => defineQueue({ name: 'api', ...limits }), {
        code: 'E_BAD_OPTION',
        message,
      })
    }
    const soon = { name: 'api', rateLimit: { max: 1, per: 'soon' } }
    assert.throws(() => defineQueue(soon), { code: 'E_BAD_DURATION' })
  })
})
