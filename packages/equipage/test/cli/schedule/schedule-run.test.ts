import assert from 'node:assert/strict'
import { afterEach, describe, it, type TestContext } from 'node:test'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { scheduled } from '../support/scheduled.ts'
import { shop } from '../support/shop.ts'

// A failed run sets it; it would become the exit code of this file.
afterEach(() => {
  process.exitCode = undefined
})

const scheduler = `
  import { EquipageScheduler } from 'equipage'
  import { failing, report } from './jobs/all.ts'
  export class Scheduler extends EquipageScheduler {
    register() {
      this.schedule.every(10).minutes.push(report, { id: 7 })
      this.schedule.every(10).minutes.push(failing)
      this.schedule.every().day.name('wrong').push(report, () => ({ id: 'x' }))
      this.schedule.every().day.name('no payload').push(report, () => { throw new Error('no id') })
      this.schedule.every().day.name('held')
        .when(() => false).environments('nowhere').do(tick => { globalThis.handRun = tick })
      this.schedule.every().day.name('throws').do(() => { throw new Error('out of ink') })
    }
  }
`
const withSchedules = (t: TestContext) => shop(t, { 'app/scheduler.ts': scheduler })

describe('equipage schedule run', () => {
  it('pushes the job of a schedule, and prints its receipt', async t => {
    const folder = withSchedules(t)
    const { text } = await runCommand(folder, 'schedule', 'run', 'report')
    assert.match(text, /^report: report [\w-]{36}: completed$/)
    const { durationMs, job, ...rest } = await jsonOf(folder, 'schedule', 'run', 'report')
    assert.deepEqual(rest, { schedule: 'report', state: 'completed' })
    assert.deepEqual([job.name, job.queue, job.result], ['report', 'reports', { id: 7 }])
    assert.ok(durationMs >= 0)
    assert.equal(process.exitCode, undefined)
  })

  it('calls the function of a schedule here, whatever its conditions and environments say', async t => {
    const { text } = await runCommand(withSchedules(t), 'schedule', 'run', 'held')
    assert.match(text, /^held: completed, after \d+ms$/)
    const tick = (globalThis as { handRun?: { schedule: string; scheduledFor: Date } }).handRun
    assert.equal(tick?.schedule, 'held')
    assert.ok(Math.abs((tick?.scheduledFor.getTime() ?? 0) - Date.now()) < 60_000)
  })

  it('is no tick: nothing is registered or recorded, and a pause does not hold it', async t => {
    const folder = withSchedules(t)
    await runCommand(folder, 'schedule', 'run', 'report')
    const [before] = await jsonOf(folder, 'schedule', 'list')
    assert.equal(before.registered, false)
    await scheduled(folder, '2020-01-15T09:03:00Z', async ({ memory }) => {
      await memory.setPaused('report', true)
    })
    assert.match((await runCommand(folder, 'schedule', 'run', 'report')).text, /completed$/)
    const [after] = await jsonOf(folder, 'schedule', 'list')
    assert.deepEqual([after.registered, after.last], [true, null])
  })

  it('fails with the function, and its stack is on standard error', async t => {
    const folder = withSchedules(t)
    const { text, notes } = await runCommand(folder, 'schedule', 'run', 'throws')
    assert.match(text, /^throws: failed \(out of ink\), after \d+ms$/)
    assert.match(notes, /^Error: out of ink\n +at .*app\/scheduler\.ts:/)
    assert.equal(process.exitCode, 1)
    const told = await jsonOf(folder, 'schedule', 'run', 'throws')
    assert.deepEqual([told.state, told.error, told.job], ['failed', 'out of ink', undefined])
  })

  it('fails with the job, and with a payload that cannot be made', async t => {
    const folder = withSchedules(t)
    const { text } = await runCommand(folder, 'schedule', 'run', 'failing')
    assert.match(text, /^failing: failing [\w-]+: failed \(out of paper\)$/)
    assert.equal(process.exitCode, 1)
    process.exitCode = undefined
    const other = await runCommand(folder, 'schedule', 'run', 'no payload')
    assert.match(other.text, /^no payload: failed \(no id\)/)
    assert.equal(process.exitCode, 1)
  })

  it('tells what the queue refuses, and an unknown name', async t => {
    const folder = withSchedules(t)
    await assert.rejects(runCommand(folder, 'schedule', 'run', 'wrong'), { code: 'E_BAD_PAYLOAD' })
    await assert.rejects(runCommand(folder, 'schedule', 'run', 'reprot'), {
      code: 'E_UNKNOWN_SCHEDULE',
    })
  })
})
