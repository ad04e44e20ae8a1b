import { after } from 'node:test'
import { startRedis } from '../support/redis.ts'
import { conformance } from './conformance.ts'
import { redisHarness } from './harness.ts'

const server = await startRedis()
after(() => server.stop())

conformance('redis', redisHarness(server))
