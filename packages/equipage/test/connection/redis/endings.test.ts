import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RedisClient as BullClient } from 'bullmq'
import { type Ending, Endings } from '../../../src/connection/redis/consuming/endings.ts'

/** What is sent of jobs that end together, and how many characters of results each script is sent. */
async function sent(concurrency: number, results: readonly string[]) {
  const scripts: { jobs: string[]; characters: number }[] = []
  const client = {
    async runCommand(name: string, args: string[]) {
      const own = args.slice(8)
      const jobs = own.filter((_, index) => index % 3 === 0)
      const texts = own.filter((_, index) => index % 3 === 2)
      scripts.push({ jobs, characters: texts.reduce((sum, { length }) => sum + length, 0) })
      return name === 'equipageFinish' ? `one ${jobs[0]}` : jobs.map(id => `of many ${id}`)
    },
  } as unknown as BullClient
  const endings = new Endings(concurrency)
  const replies = await Promise.all(
    results.map((result, n) => {
      const ending: Ending = [1, 'returnvalue', 30_000, 'me', 60, 100, `${n}`, `t:${n}`, result]
      return endings.add(client, 'p:q:', ending)
    }),
  )
  return { scripts, replies }
}

suite('endings of one turn', () => {
  test('go in scripts of a quarter of what may run at a time, 50 at most', async () => {
    for (const [concurrency, sizes] of [
      [1, [1, 1, 1]],
      [15, [1, 1, 1]],
      [40, [10, 10, 10]],
      [1_000, [50, 50, 20]],
    ] as const) {
      const count = sizes.reduce<number>((sum, size) => sum + size, 0)
      const { scripts, replies } = await sent(concurrency, Array(count).fill('null'))
      assert.deepEqual(
        scripts.map(({ jobs }) => jobs.length),
        sizes,
      )
      assert.deepEqual(
        replies.map(reply => String(reply).split(' ').at(-1)),
        Array.from({ length: count }, (_, n) => `${n}`),
      )
    }
  })

  test('are sent a million characters of results at a time, and a larger one alone', async () => {
    const [small, half, large] = [10, 500_000, 1_000_001].map(length => 'x'.repeat(length))
    assert.ok(small && half && large)
    const { scripts, replies } = await sent(200, [half, half, small, large, small, small])
    assert.deepEqual(
      scripts.map(({ jobs }) => jobs),
      [['0', '1'], ['2'], ['3'], ['4', '5']],
    )
    assert.equal(replies.length, 6)
  })
})
