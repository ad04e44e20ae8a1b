import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineJob } from '../../../src/job/index.ts'
import { told, world } from '../support/world.ts'

const minute = 60_000

test('a tick whose unique job is refused is skipped: its row, its log line and its hook say so', async t => {
  const { clock, boot, ledger, lines } = world(t)
  const job = defineJob({ name: 'export', unique: true, delay: '90s', run: () => 1 })
  const skipped: string[] = []
  const register = (schedule: Parameters<Parameters<typeof boot>[0]>[0]) => {
    schedule
      .cron('* * * * *')
      .push(job)
      .onSkip((_tick, reason) => skipped.push(reason))
  }
  const process = await boot(register, { jobs: [job] })
  await clock.advance(2 * minute + 10_000)
  assert.deepEqual(told(await ledger(process, 'export')), ['00:01 fired', '00:02 skipped refused'])
  assert.deepEqual(skipped, ['refused'])
  const line = lines.find(({ msg }) => msg === 'tick skipped')
  assert.equal(line?.['reason'], 'refused')
  assert.equal(line?.['jobId'], (await ledger(process, 'export'))[0]?.jobId)
})
