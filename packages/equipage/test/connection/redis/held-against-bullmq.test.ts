import assert from 'node:assert/strict'
import { after, suite, test } from 'node:test'
import { startRedis } from '../../support/redis.ts'
import { compareConsumers } from './support/compare-consumers.ts'

const server = await startRedis()
after(() => server.stop())

suite('a consumer of ours, held against BullMQ', { concurrency: 2 }, () => {
  for (let seed = 1; seed <= 12; seed++) {
    test(`leaves the same keys, fields and events behind, step by step (seed ${seed})`, async () => {
      await compareConsumers(server, seed, 60, assert.deepEqual)
    })
  }
})
