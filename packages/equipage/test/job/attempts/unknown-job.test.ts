import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isEquipageError } from '../../../src/core/errors.ts'
import { defineJob } from '../../../src/job/index.ts'
import { errorOf, pipeline } from '../support/attempts.ts'

describe('a job that this deployment does not know', () => {
  it('goes back for ten minutes from its first start, and is tried every ten seconds', async () => {
    const { run, lines, runner, clock } = pipeline([])
    for (let starts = 1; starts <= 60; starts++) {
      const outcome = await run({ name: 'newer', starts })
      assert.ok(outcome.state === 'released')
      assert.equal(outcome.delayMs, 10_000)
      assert.match(outcome.reason, /no job of that name in this deployment/)
      const line = lines.at(-1)
      assert.ok(line)
      const { level, job, jobId, queue, waitedMs } = line
      assert.deepEqual(
        [level, job, jobId, queue, waitedMs],
        ['warn', 'newer', 'job-1', 'default', (starts - 1) * 10_000],
      )
      clock.advance(10_000)
    }
    assert.equal(runner.ended, 0)
  })

  it('is failed after that, with what to do', async () => {
    const { run, lines, clock } = pipeline([])
    await run({ name: 'newer', starts: 60, attempts: 99 })
    clock.advance(600_000)
    const error = errorOf(await run({ name: 'newer', starts: 61, attempts: 99 }), 'failed')
    assert.ok(isEquipageError(error, 'E_JOB_NOT_HERE'))
    assert.equal(
      error.message,
      'no deployment that knows job "newer" came within 10 minutes; deploy one and retry the job',
    )
    assert.deepEqual([lines.at(-1)?.level, lines.at(-1)?.['outcome']], ['error', 'failed'])
  })

  it('waits anew when a deployment that knows it has run it in between', async () => {
    const { run, clock } = pipeline([])
    await run({ name: 'newer', starts: 1 })
    clock.advance(86_400_000)
    // The second start was in a deployment that knows it, whose function released it for a day.
    assert.equal((await run({ name: 'newer', starts: 3 })).state, 'released')
    clock.advance(600_000)
    assert.equal((await run({ name: 'newer', starts: 4 })).state, 'failed')
  })

  it('waits when how long it has waited cannot be read or kept', async () => {
    const { run, lines } = pipeline([])
    const away = () => Promise.reject(new Error('Redis is away'))
    const outcome = await run({ name: 'newer', checkpoints: { load: away, save: away } })
    assert.equal(outcome.state, 'released')
    assert.match(JSON.stringify(lines[0]), /Redis is away.*could not read how long/)
  })

  it('runs as soon as a deployment knows it, however long it has waited', async () => {
    const { run } = pipeline([defineJob({ name: 'newer', run: () => 'done' })])
    assert.equal((await run({ starts: 1_000 })).state, 'completed')
  })
})
