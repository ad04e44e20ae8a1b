import assert from 'node:assert/strict'
import { once } from 'node:events'
import { suite, test } from 'node:test'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { syncHarness } from '../conformance/harness.ts'

suite('looking after jobs that their push runs', { concurrency: true }, () => {
  /** A job that tells its id and ends only when its signal is aborted. */
  const endless = () => {
    const begun = Promise.withResolvers<string>()
    const job = defineJob({
      name: 'endless',
      attempts: 3,
      async run({ signal, jobId, progress }) {
        progress(0.25)
        begun.resolve(jobId)
        await once(signal, 'abort')
      },
    })
    return { job, begun: begun.promise }
  }

  test('they are found and cancelled in their own process, and fail', async t => {
    const { job, begun } = endless()
    const { queue } = syncHarness(t, [job])
    const pushed = queue.push(job)
    const id = await begun
    const found = await eventually(async () => {
      const running = await queue.find(id)
      assert.equal(running?.progress, 0.25)
      return running
    })
    assert.deepEqual([found?.state, found?.attemptsMade, found?.attempts], ['active', 0, 3])
    assert.equal(await queue.cancel(id), 'aborting')
    const receipt = await pushed
    assert.equal(receipt.state, 'failed')
    assert.match(receipt.error?.message ?? '', /was cancelled while it ran/)
    assert.equal((await queue.find(id))?.state, 'failed')
  })

  test('another process does not know them, and they are in no list', async t => {
    const { job, begun } = endless()
    const h = syncHarness(t, [job])
    const pushed = h.queue.push(job)
    const id = await begun
    const away = h.sibling().queue
    assert.deepEqual(await away.list('default'), [])
    await assert.rejects(away.cancel(id), { code: 'E_UNKNOWN_JOB_ID' })
    await h.queue.cancel(id)
    await pushed
  })
})
