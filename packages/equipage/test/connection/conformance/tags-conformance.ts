import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { defineChain, defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import type { MakeHarness } from './harness.ts'

/** What every connection holds about tags: they travel with the job. */
export function tagsConformance(name: string, make: MakeHarness): void {
  suite(`tags over ${name}`, { concurrency: true }, () => {
    test("a job has its definition's tags and its push's, each once, in its receipt and its context", async t => {
      const seen: (readonly string[])[] = []
      const run = ({ tags }: { tags: readonly string[] }) => void seen.push(tags)
      const job = defineJob({ name: 'tagged', tags: ['nightly', 'report'], run })
      const { queue, consume } = make(t, [job])
      await consume()
      const receipt = await queue.push(job, {}, { tags: ['customer:7', 'report'] })
      assert.deepEqual(receipt.tags, ['nightly', 'report', 'customer:7'])
      await eventually(() => assert.deepEqual(seen, [['nightly', 'report', 'customer:7']]))
    })

    test('whoever looks after queues sees them, and a job without any has none', async t => {
      const job = defineJob({ name: 'plain', run: () => 1 })
      const { queue, connection } = make(t, [job])
      const bare = await queue.pushIn('1h', job)
      assert.equal('tags' in bare, false)
      const { id } = await queue.pushIn('1h', job, {}, { tags: ['urgent'] })
      const stored = await connection.admin.find('default', id)
      assert.deepEqual(stored?.metadata.tags, ['urgent'])
    })

    test('each job of a chain has its own, and those of the push go on to all', async t => {
      const seen: (readonly string[])[] = []
      const run = ({ tags }: { tags: readonly string[] }) => void seen.push(tags)
      const first = defineJob({ name: 'first', tags: ['a'], run })
      const second = defineJob({ name: 'second', tags: ['b'], run })
      const chain = defineChain({ name: 'both', start: first }).andThen(second, () => ({}))
      const { queue, consume } = make(t, [chain])
      await consume()
      await queue.push(chain, {}, { tags: ['pushed'] })
      await eventually(() =>
        assert.deepEqual(seen, [
          ['a', 'pushed'],
          ['b', 'pushed'],
        ]),
      )
    })
  })
}
