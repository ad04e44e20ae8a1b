import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { describe, it } from 'node:test'
import { plainApp, temporaryApp } from '../support/temporary-app.ts'
import { runCommand } from './support/run-command.ts'

const files = {
  'app/index.ts': plainApp,
  'app/scheduler.ts': `
    import { EquipageScheduler } from 'equipage'
    export class Scheduler extends EquipageScheduler {
      override register() {
        this.schedule.every().day.at('03:00').name('nightly').do(() => undefined)
      }
    }
  `,
}

const reading = [
  ['schedule', 'list'],
  ['schedule', 'next', 'nightly'],
  ['schedule', 'why', 'nightly'],
  ['queue', 'stats'],
  ['queue', 'list', 'default'],
  ['queue', 'failed'],
  ['queue', 'monitor', '--max', '5'],
  ['worker', 'list'],
]

describe('a command that only reads, under sync', () => {
  for (const command of reading) {
    it(`leaves no state file behind: ${command.join(' ')}`, async t => {
      const folder = temporaryApp(t, { files })
      assert.notEqual((await runCommand(folder, ...command)).text, '')
      assert.deepEqual(globSync('**/*.sqlite*', { cwd: folder }), [])
    })
  }

  it('reads the file as soon as there is one', async t => {
    const folder = temporaryApp(t, { files })
    await runCommand(folder, 'queue', 'pause', 'default')
    assert.notDeepEqual(globSync('**/*.sqlite', { cwd: folder }), [])
    assert.match((await runCommand(folder, 'queue', 'stats')).text, /default .* yes$/)
  })
})
