import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EquipageError, isEquipageError } from '../../../src/core/errors.ts'
import { defineJob, type JobContext } from '../../../src/job/index.ts'
import { errorOf, pipeline } from '../support/attempts.ts'

const job = (run: (context: JobContext<never>) => unknown) =>
  defineJob({ name: 'report', attempts: 3, run: context => run(context as JobContext<never>) })

describe('a checkpoint', () => {
  it('runs its part once over all attempts, and gives the stored result to the later ones', async () => {
    const ran: string[] = []
    const { run } = pipeline([
      job(async ({ checkpoint, attempt }) => {
        const rows = await checkpoint('rows', () => ran.push('rows') && { at: new Date(0) })
        const none = await checkpoint('none', () => void ran.push('none'))
        if (attempt < 3) throw new Error('no luck')
        return [rows, none]
      }),
    ])
    for (const attempt of [1, 2]) assert.equal((await run({ attempt })).state, 'retrying')
    assert.deepEqual(ran, ['rows', 'none'])
    const outcome = await run({ attempt: 3 })
    assert.ok(outcome.state === 'completed')
    assert.deepEqual(outcome.result, [{ at: '1970-01-01T00:00:00.000Z' }, null])
  })

  it('gives its result as JSON from the first time on', async () => {
    const seen: unknown[] = []
    const { run } = pipeline([
      job(async ({ checkpoint }) => seen.push(await checkpoint('date', () => new Date(0)))),
    ])
    await run()
    await run({ attempt: 2 })
    assert.deepEqual(seen, ['1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z'])
  })

  it('whose part fails is run again by the next attempt', async () => {
    let tries = 0
    const { run } = pipeline([
      job(({ checkpoint }) =>
        checkpoint('part', () => {
          if (++tries < 2) throw new Error('no luck')
          return tries
        }),
      ),
    ])
    assert.equal((await run()).state, 'retrying')
    const outcome = await run({ attempt: 2 })
    assert.ok(outcome.state === 'completed')
    assert.equal(outcome.result, 2)
  })

  it('whose result is not JSON fails the job for good, with its name', async () => {
    const { run } = pipeline([job(({ checkpoint }) => checkpoint('rows', () => new Map()))])
    const error = errorOf(await run(), 'failed')
    assert.match(error.message, /^result of checkpoint "rows" in job "report" is not JSON: .* Map/)
  })

  for (const [what, names] of [
    ['used twice', ['rows', 'rows']],
    ['empty', ['']],
    ['too long', ['x'.repeat(201)]],
    ['no text', [7]],
  ] as const) {
    it(`whose name is ${what} fails the job for good`, async () => {
      const { run } = pipeline([
        job(async ({ checkpoint }) => {
          for (const name of names) await checkpoint(name as string, () => 1)
        }),
      ])
      const error = errorOf(await run(), 'failed')
      assert.ok(isEquipageError(error, 'E_CHECKPOINT_NAME'))
    })
  }

  it('may have any name that is a text', async () => {
    const { run, checkpoints } = pipeline([
      job(async ({ checkpoint }) => {
        for (const name of ['first look', '__proto__', 'à la carte: 1']) {
          await checkpoint(name, () => name)
        }
      }),
    ])
    assert.equal((await run()).state, 'completed')
    assert.equal(checkpoints.kept.size, 3)
  })

  it('that is reached when the job is no longer this attempt’s stores nothing, and fails', async () => {
    const lost = { load: async () => undefined, save: async () => false }
    const { run } = pipeline([job(({ checkpoint }) => checkpoint('rows', () => 1))])
    const error = errorOf(await run({ checkpoints: lost }), 'retrying')
    assert.ok(isEquipageError(error, 'E_JOB_LOST'))
  })

  it('begins no part when its attempt was aborted', async () => {
    const worker = new AbortController()
    let asked: Promise<unknown> | undefined
    const { run } = pipeline([
      job(({ checkpoint }) => {
        worker.abort(new EquipageError('E_STOPPING', {}))
        asked = checkpoint('rows', () => assert.fail('it ran'))
        return asked
      }),
    ])
    assert.equal((await run({ signal: worker.signal })).state, 'released')
    await assert.rejects(asked ?? Promise.resolve(), { code: 'E_STOPPING' })
  })
})
