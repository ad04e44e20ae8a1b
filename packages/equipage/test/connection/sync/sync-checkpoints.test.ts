import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { SyncCheckpoints } from '../../../src/connection/sync/jobs/sync-checkpoints.ts'
import { StateFile } from '../../../src/connection/sync/state/state-file.ts'
import { StubClock } from '../../support/stub-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** A state file in which a job runs, and was begun as often as that says. */
async function running(t: TestContext, starts: number) {
  const file = new StateFile(join(temporaryFolder(t), 'queue.sqlite'))
  t.after(() => file.close())
  const clock = new StubClock()
  const tables = await file.tables()
  const times = { pushed_at: 0, due_at: 0, leased_until: 1 }
  const counts = { attempt: 1, attempts: 1, starts, priority: 0 }
  const texts = { name: 'report', queue: 'default', data: '{}', metadata: '{}' }
  await tables
    .insertInto('jobs')
    .values({ id: 'job', ...texts, ...counts, ...times, state: 'active' } as never)
    .execute()
  const stored = async () => {
    const rows = await tables.selectFrom('checkpoints').selectAll().orderBy('name').execute()
    return rows.map(({ job, name, json }) => [job, name, json])
  }
  return { tables, clock, stored, checkpoints: new SyncCheckpoints(file, clock) }
}

suite('checkpoints of kept jobs', { concurrency: true }, () => {
  test('are those of the attempt that runs, and go away with the job', async t => {
    const { checkpoints, tables, stored } = await running(t, 2)
    const own = checkpoints.of('job', 2)
    assert.equal(await own.load('part:rows'), undefined)
    assert.equal(await own.save('part:rows', '1'), true)
    assert.equal(await own.save('part:rows', '[2]'), true)
    assert.equal(await own.load('part:rows'), '[2]')
    assert.deepEqual(await stored(), [['job', 'part:rows', '[2]']])
    await tables.deleteFrom('jobs').where('id', '=', 'job').execute()
    assert.deepEqual(await stored(), [])
  })

  test('are not written by an attempt that another one has taken over from', async t => {
    const { checkpoints, tables, stored } = await running(t, 2)
    assert.equal(await checkpoints.of('job', 1).save('part:rows', '1'), false)
    await tables.updateTable('jobs').set({ state: 'waiting' }).execute()
    assert.equal(await checkpoints.of('job', 2).save('part:rows', '1'), false)
    assert.equal(await checkpoints.of('gone', 2).save('part:rows', '1'), false)
    assert.deepEqual(await stored(), [])
  })

  test('that were kept for a job which never was are dropped after a day', async t => {
    const { checkpoints, clock, stored } = await running(t, 1)
    await checkpoints.keep('never', new Map([['part:a', '1']]))
    await checkpoints.keep('job', new Map([['part:b', '2']]))
    clock.advance(86_400_001)
    await checkpoints.keep('other', new Map())
    assert.equal((await stored()).length, 2)
    await checkpoints.keep('other', new Map([['part:c', '3']]))
    assert.deepEqual(await stored(), [
      ['job', 'part:b', '2'],
      ['other', 'part:c', '3'],
    ])
  })
})
