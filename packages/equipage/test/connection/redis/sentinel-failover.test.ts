import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { z } from 'zod'
import { isEquipageError } from '../../../src/core/errors.ts'
import { defineJob } from '../../../src/job/index.ts'
import { eventually } from '../../support/eventually.ts'
import { startWatched } from '../../support/sentinel.ts'
import { conformance } from '../conformance/conformance.ts'
import { redisHarness } from '../conformance/harness.ts'

const watched = await startWatched()
after(() => watched.stop())
const sentinel = { addresses: [watched.address], name: watched.name, password: null }
const where = { host: 'nowhere.invalid', port: 1, sentinel }

test('in the middle of a failover a push fails clearly or is kept, and workers go on with the next server', async t => {
  const ran = new Set<number>()
  const job = defineJob({
    name: 'counted',
    payload: z.object({ n: z.int() }),
    run: ({ payload }) => void ran.add(payload.n),
  })
  const { queue, consume, connection } = redisHarness(where)(t, [job])
  await consume()
  await eventually(() => watched.settled())
  await queue.push(job, { n: 0 })
  await eventually(() => assert.ok(ran.has(0)))

  await watched.master.kill()
  let failures = 0
  for (let n = 1; n <= 50; n++) {
    await eventually(() =>
      queue.push(job, { n }).catch(error => {
        failures++
        assert.ok(isEquipageError(error, 'E_CONNECTION_AWAY'), String(error))
        assert.match(error.message, /Redis does not answer at mymaster of the Sentinels/)
        throw error
      }),
    )
  }
  assert.ok(failures > 0, 'the failover came between two pushes')
  await eventually(() => assert.equal(ran.size, 51))
  await connection.check()
})

// What is above and below runs one after the other: this finds the server that took over.
conformance('Redis behind a Sentinel, after a failover', redisHarness(where))
