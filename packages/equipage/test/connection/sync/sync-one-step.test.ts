import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { suite, type TestContext, test } from 'node:test'
import type { TickClaim } from '../../../src/connection/index.ts'
import { syncConnection } from '../../../src/connection/sync/sync-connection.ts'
import { systemClock } from '../../../src/core/clock.ts'
import type { PushedJob } from '../../../src/job/index.ts'
import { capturedLog } from '../../support/lines.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const keep = { ageMs: 3_600_000, count: 100 }
const nightly = { name: 'nightly', definition: 'every day#' }
const release = { id: 'deployment', process: 'test:1', entries: [nightly] }
const job: PushedJob = {
  ...{ id: 'job', name: 'noted', queue: 'default', data: {} },
  ...{ attempts: 1, delayMs: 0, priority: 0, metadata: {} },
}

/** What a claim writes: each is made to fail in turn. */
const writes: Record<string, { on: string; run: NonNullable<TickClaim['run']> }> = {
  'the job': { on: 'insert on jobs', run: { tick: 0, job } },
  'the lease of a function': { on: 'insert on calls', run: { tick: 0 } },
  'the row of the ledger': { on: 'insert on ledger', run: { tick: 0, job } },
  'the cursor': { on: 'update on schedules', run: { tick: 0, job, overlap: 'skip' } },
}

async function registered(t: TestContext) {
  const file = join(temporaryFolder(t), 'queue.sqlite')
  const { log } = capturedLog()
  const run = async () => assert.fail('the job was run')
  const settings = { file, keepFailed: keep, ledger: keep }
  const connection = syncConnection(settings, { run, log, clock: systemClock })
  t.after(() => connection.stop(0))
  const [registration] = await connection.ticks.register(release)
  assert.ok(registration?.outcome === 'registered')
  const database = new DatabaseSync(file)
  t.after(() => database.close())
  return { ticks: connection.ticks, cursor: registration.cursor, database }
}

suite('a claim over the state file', { concurrency: true }, () => {
  for (const [what, { on, run }] of Object.entries(writes)) {
    test(`of which ${what} cannot be written decides nothing, and can be made again`, async t => {
      const { ticks, cursor, database } = await registered(t)
      const dump = () =>
        ['schedules', 'jobs', 'calls', 'ledger'].map(table =>
          database.prepare(`select * from ${table}`).all(),
        )
      const before = dump()
      const tick = cursor + 1_000
      const row = { tick, first: tick, count: 1, fate: 'fired', reason: null, error: null } as const
      const rest = { misfire: false, lagMs: 0, process: 'test:1', durationMs: null, jobId: null }
      const rows = [{ ...row, ...rest }]
      const claim: TickClaim = { ...nightly, from: cursor, to: tick, rows, run: { ...run, tick } }
      database.exec(`create trigger fault before ${on} begin select raise(abort, 'fault'); end`)
      await assert.rejects(ticks.claim(claim), /fault/)
      assert.deepEqual(dump(), before)
      database.exec('drop trigger fault')
      const { run: _, ...alone } = claim
      assert.equal((await ticks.claim(alone)).outcome, 'claimed')
      assert.deepEqual(await ticks.cursors(['nightly']), [tick])
    })
  }
})
