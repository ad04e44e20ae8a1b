import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isEquipageError } from '../../src/core/errors.ts'
import { defineJob } from '../../src/job/index.ts'
import { errorOf, pipeline } from './support/attempts.ts'

describe('a job that this release does not know', () => {
  it('goes back for ten minutes, to be looked at every ten seconds', async () => {
    const { run, clock, lines, runner } = pipeline([])
    const pushedAt = clock.now()
    for (const waitedMs of [0, 1, 300_000, 599_999]) {
      clock.set(new Date(pushedAt + waitedMs).toISOString())
      const outcome = await run({ name: 'newer', pushedAt })
      assert.ok(outcome.state === 'released')
      assert.equal(outcome.delayMs, 10_000)
      assert.match(outcome.reason, /no job of that name in this release/)
      const line = lines.at(-1)
      assert.ok(line)
      const { level, job, jobId, queue, waitedMs: logged } = line
      assert.deepEqual(
        [level, job, jobId, queue, logged],
        ['warn', 'newer', 'job-1', 'default', waitedMs],
      )
    }
    assert.equal(runner.ended, 0)
  })

  it('is failed after that, with what to do', async () => {
    const { run, clock, lines } = pipeline([])
    const pushedAt = clock.now()
    clock.advance(600_000)
    const error = errorOf(await run({ name: 'newer', pushedAt, attempts: 99 }), 'failed')
    assert.ok(isEquipageError(error, 'E_JOB_NOT_HERE'))
    assert.equal(
      error.message,
      'no release that knows job "newer" came within 10 minutes; deploy one and retry the job',
    )
    assert.deepEqual([lines.at(-1)?.level, lines.at(-1)?.['outcome']], ['error', 'failed'])
  })

  it('runs as soon as a release knows it, however long it has waited', async () => {
    const { run, clock } = pipeline([defineJob({ name: 'newer', run: () => 'done' })])
    const pushedAt = clock.now()
    clock.advance(86_400_000)
    assert.equal((await run({ pushedAt })).state, 'completed')
  })
})
