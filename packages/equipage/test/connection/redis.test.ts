import { after } from 'node:test'
import { startRedis } from '../support/redis.ts'
import { attemptConformance } from './attempt-conformance.ts'
import { careConformance } from './care-conformance.ts'
import { consumerConformance } from './consumer-conformance.ts'
import { eventConformance } from './event-conformance.ts'
import { redisHarness } from './harness.ts'
import { jobConformance } from './job-conformance.ts'
import { limitsConformance } from './limits-conformance.ts'
import { tagsConformance } from './tags-conformance.ts'
import { thinningConformance } from './thinning-conformance.ts'
import { tickConformance } from './tick-conformance.ts'
import { uniqueConformance } from './unique-conformance.ts'
import { workerBoardConformance } from './worker-board-conformance.ts'

const server = await startRedis()
after(() => server.stop())

attemptConformance('redis', redisHarness(server))
eventConformance('redis', redisHarness(server))
careConformance('redis', redisHarness(server))
jobConformance('redis', redisHarness(server))
consumerConformance('redis', redisHarness(server))
limitsConformance('redis', redisHarness(server))
tagsConformance('redis', redisHarness(server))
thinningConformance('redis', redisHarness(server))
tickConformance('redis', redisHarness(server))
uniqueConformance('redis', redisHarness(server))
workerBoardConformance('redis', redisHarness(server))
