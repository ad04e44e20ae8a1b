import assert from 'node:assert/strict'
import { parseArgs } from 'node:util'
import { startRedis } from '../../../support/redis.ts'
import { compareConsumers } from './compare-consumers.ts'

/**
 * The long form of held-against-bullmq.test.ts:
 * `npx node packages/equipage/test/connection/redis/support/compare-many.ts --from 1 --seeds 1000 --steps 200`.
 */
const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '200' },
    steps: { type: 'string', default: '150' },
  },
})
const server = await startRedis()
const first = Number(values.from)
let failed = 0
for (let seed = first; seed < first + Number(values.seeds); seed++) {
  try {
    await compareConsumers(server, seed, Number(values.steps), assert.deepEqual)
  } catch (error) {
    failed++
    console.error(`seed ${seed}:`, error)
  }
}
await server.stop()
console.log(`${values.seeds} sequences of ${values.steps} operations, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
