import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jsonOf, runCommand } from '../support/run-command.ts'
import { scheduled } from '../support/scheduled.ts'
import { shop } from '../support/shop.ts'

const at = '2020-01-15T09:03:00Z'
const said = async (folder: string, ...args: string[]) =>
  (await runCommand(folder, 'schedule', ...args)).text
const pausedOnes = async (folder: string) => {
  const rows: { name: string; paused: boolean }[] = await jsonOf(folder, 'schedule', 'list')
  return rows.filter(({ paused }) => paused).map(({ name }) => name)
}

describe('equipage schedule pause and resume', { concurrency: true }, () => {
  it('change what they are told to, and say what was so already', async t => {
    const folder = shop(t)
    await scheduled(folder, at, async ({ memory }) => {
      await memory.setPaused('report', true)
    })
    assert.equal(
      await said(folder, 'pause', 'nightly', 'report', 'nightly'),
      'nightly: paused\nreport: was paused already since 2020-01-15 09:03:00+00:00',
    )
    assert.deepEqual(await pausedOnes(folder), ['report', 'nightly'])
    assert.equal(
      await said(folder, 'resume', 'report'),
      'report: goes on; it was paused since 2020-01-15 09:03:00+00:00',
    )
    assert.equal(await said(folder, 'resume', 'report'), 'report: was not paused')
    assert.deepEqual(await pausedOnes(folder), ['nightly'])
  })

  it('give the same as JSON', async t => {
    const folder = shop(t)
    await scheduled(folder, at, async ({ memory }) => {
      await memory.setPaused('report', true)
    })
    const pausedAt = '2020-01-15T09:03:00.000Z'
    const pause = await jsonOf(folder, 'schedule', 'pause', 'report', 'nightly')
    assert.deepEqual(pause[0], { name: 'report', paused: true, changed: false, pausedAt })
    assert.deepEqual([pause[1].name, pause[1].changed], ['nightly', true])
    assert.ok(Math.abs(Date.parse(pause[1].pausedAt) - Date.now()) < 60_000)
    assert.deepEqual(await jsonOf(folder, 'schedule', 'resume', 'report'), [
      { name: 'report', paused: false, changed: true, pausedAt },
    ])
    assert.deepEqual(await jsonOf(folder, 'schedule', 'resume', 'report'), [
      { name: 'report', paused: false, changed: false, pausedAt: null },
    ])
  })

  it('change nothing when one of the names is unknown', async t => {
    const folder = shop(t)
    await scheduled(folder, at)
    await assert.rejects(said(folder, 'pause', 'report', 'nihgtly'), {
      code: 'E_UNKNOWN_SCHEDULE',
      message: /did you mean "nightly"\?$/,
    })
    assert.deepEqual(await pausedOnes(folder), [])
  })

  it('change nothing when one of the schedules is not registered yet, and say what to do', async t => {
    const folder = shop(t)
    for (const command of ['pause', 'resume']) {
      await assert.rejects(said(folder, command, 'nightly'), {
        code: 'E_SCHEDULE_NOT_REGISTERED',
        message:
          'schedule "nightly" is in the code and not registered yet; start the scheduler first, which registers it',
      })
    }
  })
})
