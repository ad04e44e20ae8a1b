import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { isEquipageError } from '../../../src/core/errors.ts'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import {
  blocking,
  child,
  decided,
  exiting,
  twice,
} from '../../support/isolated-application/app/jobs/isolated.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import type { MakeHarness } from './harness.ts'

/** What every connection holds about isolated jobs: their functions run elsewhere, and nothing else differs. */
export function isolatedConformance(name: string, make: MakeHarness): void {
  suite(`isolated jobs over ${name}`, { concurrency: true }, () => {
    test('an isolated job runs in another process, with all that its attempt has', async t => {
      const { queue, consume, events } = make(t, [twice, child])
      const failures: Error[] = []
      const results = new Map<string, unknown>()
      const told: unknown[] = []
      events.on('job:retrying', ({ error }) => failures.push(error))
      events.on('job:progress', ({ progress }) => told.push(progress))
      events.on('job:completed', ({ name, result }) => results.set(name, result))
      await consume()
      const { id } = await queue.push(twice, { day: '2026-03-01' })
      await eventually(() => assert.equal(results.size, 2))
      const { pid, ...rest } = results.get('twice') as Record<string, unknown>
      assert.notEqual(pid, process.pid)
      const first = { attempt: 1 }
      const expected = { attempt: 2, first, tags: ['mine'], tick: null, day: 2026, pushed: 'child' }
      assert.deepEqual(rest, expected)
      assert.deepEqual(results.get('child'), {
        pid: process.pid,
        n: 1,
        parent: { id, name: 'twice', queue: 'default' },
      })
      assert.deepEqual(told, [{ done: 1, total: 2 }])
      const [failure] = failures
      assert.deepEqual([failure?.name, failure?.message], ['TypeError', 'no luck'])
      assert.match(failure?.stack ?? '', /isolated-application/)
      assert.match(String(failure?.cause), /the reason/)
    })

    test('an isolated job that ends its process has failed by a code of its own, and is tried again', async t => {
      const { queue, consume, events } = make(t, [exiting])
      const failures: Error[] = []
      const done = Promise.withResolvers<unknown>()
      events.on('job:retrying', ({ error }) => failures.push(error))
      events.on('job:completed', ({ result }) => done.resolve(result))
      await consume()
      await queue.push(exiting)
      assert.notEqual(await done.promise, process.pid)
      const [failure] = failures
      assert.ok(isEquipageError(failure, 'E_ISOLATED_DIED'))
      assert.deepEqual(failure.fields, { job: 'exiting', code: 0, signal: null })
    })

    test('an isolated job goes back, and fails for good, as any other', async t => {
      const { queue, consume, events } = make(t, [decided])
      const reasons: string[] = []
      const failed = Promise.withResolvers<Error>()
      events.on('job:released', ({ reason }) => reasons.push(reason))
      events.on('job:failed', ({ error }) => failed.resolve(error))
      await consume()
      await queue.push(decided)
      assert.equal((await failed.promise).message, 'it is gone at attempt 1')
      assert.deepEqual(reasons, ['not yet'])
    })

    test('an isolated job that holds up its event loop does not hold up its neighbours', async t => {
      const neighbour = defineJob({ name: 'neighbour', run: () => 1 })
      const { queue, consume, events } = make(t, [blocking, neighbour])
      const order: string[] = []
      const begun = Promise.withResolvers<void>()
      events.on('job:progress', () => begun.resolve())
      events.on('job:completed', ({ name }) => order.push(name))
      await consume()
      const until = join(temporaryFolder(t), 'go')
      const pushed = queue.push(blocking, { until })
      await begun.promise
      await queue.push(neighbour)
      await eventually(() => assert.deepEqual(order, ['neighbour']))
      writeFileSync(until, '')
      await pushed
      await eventually(() => assert.deepEqual(order, ['neighbour', 'blocking']))
    })
  })
}
