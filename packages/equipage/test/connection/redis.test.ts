import { after } from 'node:test'
import { startRedis } from '../support/redis.ts'
import { consumerConformance } from './consumer-conformance.ts'
import { redisHarness } from './harness.ts'
import { jobConformance } from './job-conformance.ts'
import { tickConformance } from './tick-conformance.ts'
import { workerBoardConformance } from './worker-board-conformance.ts'

const server = await startRedis()
after(() => server.stop())

jobConformance('redis', redisHarness(server))
consumerConformance('redis', redisHarness(server))
tickConformance('redis', redisHarness(server))
workerBoardConformance('redis', redisHarness(server))
