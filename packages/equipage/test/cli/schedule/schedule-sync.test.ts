import assert from 'node:assert/strict'
import { join } from 'node:path'
import { afterEach, describe, it, type TestContext } from 'node:test'
import { runtimeOf } from '../../../src/app/index.ts'
import { findApp } from '../../../src/cli/processes/find-app.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { scheduled } from '../support/scheduled.ts'
import { shop } from '../support/shop.ts'

// A refused registration sets it; it would become the exit code of this file.
afterEach(() => {
  process.exitCode = undefined
})

const deployment = (lines: string) => `
  import { EquipageScheduler } from 'equipage'
  import { report } from './jobs/all.ts'
  export class Scheduler extends EquipageScheduler { register() { ${lines} } }
`
const older = deployment(`
  this.schedule.every(10).minutes.push(report, { id: 1 })
  this.schedule.every(10).minutes.name('timing').push(report, { id: 1 })
  this.schedule.every().day.name('same').push(report, { id: 1 })
  this.schedule.every().hour.name('gone').push(report, { id: 1 })
`)
const newer = deployment(`
  this.schedule.every().hour.name('new').push(report, { id: 1 })
  this.schedule.every(10).minutes.push(report, { id: 2 })
  this.schedule.every(20).minutes.name('timing').push(report, { id: 1 })
  this.schedule.every().day.name('same').push(report, { id: 1 })
`)

const at = '2020-01-15T09:03:00Z'

/** Two releases of one application, over one state in which the older is registered. */
async function deployments(t: TestContext): Promise<{ folder: string; olderFolder: string }> {
  const file = join(temporaryFolder(t), 'queue.sqlite')
  const env = `LOG_CHANNEL=null\nSCHEDULER_TIMEZONE=UTC\nQUEUE_SYNC_FILE=${file}\n`
  const olderFolder = shop(t, { '.env': env, 'app/scheduler.ts': older })
  await scheduled(olderFolder, at)
  return { olderFolder, folder: shop(t, { '.env': env, 'app/scheduler.ts': newer }) }
}

async function anchors(folder: string): Promise<Record<string, string>> {
  const app = await findApp(folder)
  const stored = await (await runtimeOf(app).connection).ticks.stored()
  await app.dispose()
  return Object.fromEntries(
    stored.map(({ name, anchor }) => [name, anchor === Date.parse(at) ? 'then' : 'now']),
  )
}

describe('equipage schedule sync', () => {
  it('only says what it would change with --dry-run', async t => {
    const { folder } = await deployments(t)
    const { text, notes } = await runCommand(folder, 'schedule', 'sync', '--dry-run')
    assert.deepEqual(text.split('\n'), [
      'this code                            schedule  timing',
      '-----------------------------------  --------  ----------------------------------------',
      'adds                                 new       every hour',
      'changes the action or policies of    report    every 10 minutes',
      'changes the timing of (starts anew)  timing    every 20 minutes; it was every 600000 ms',
      'leaves                               same      every day',
      'removes                              gone      every 3600000 ms',
    ])
    assert.equal(notes, '')
    const left = { gone: 'then', report: 'then', same: 'then', timing: 'then' }
    assert.deepEqual(await anchors(folder), left)
  })

  it('registers the schedules, and prints the same list', async t => {
    const { folder } = await deployments(t)
    const dry = await runCommand(folder, 'schedule', 'sync', '--dry-run')
    const { text, notes } = await runCommand(folder, 'schedule', 'sync')
    assert.deepEqual([text, notes], [dry.text, ''])
    const registered = { new: 'now', report: 'then', same: 'then', timing: 'now' }
    assert.deepEqual(await anchors(folder), registered)
    const again = await jsonOf(folder, 'schedule', 'sync', '--dry-run')
    assert.deepEqual(
      again.map(({ name, change }: Record<string, string>) => [name, change]),
      [
        ['new', 'leave'],
        ['report', 'leave'],
        ['timing', 'leave'],
        ['same', 'leave'],
      ],
    )
  })

  it('gives the list as JSON', async t => {
    const { folder } = await deployments(t)
    const changes = await jsonOf(folder, 'schedule', 'sync', '--dry-run')
    assert.deepEqual(
      changes.map(({ name, change }: Record<string, string>) => [name, change]),
      [
        ['new', 'add'],
        ['report', 'action'],
        ['timing', 'timing'],
        ['same', 'leave'],
        ['gone', 'remove'],
      ],
    )
  })

  it('changes nothing while a newer release rules, and says so', async t => {
    const { folder, olderFolder } = await deployments(t)
    // A sign of life of an hour ahead: the scheduler of the newer release lives for all of this test.
    await scheduled(folder, new Date(Date.now() + 3_600_000).toISOString())
    const { text, notes } = await runCommand(olderFolder, 'schedule', 'sync')
    assert.match(text, /^removes +new /m)
    assert.match(notes, /^nothing was changed: another release .* differs in .*stop its schedulers/)
    assert.equal(process.exitCode, 1)
    const registered = { new: 'now', report: 'then', same: 'then', timing: 'now' }
    assert.deepEqual(await anchors(folder), registered)
  })
})
