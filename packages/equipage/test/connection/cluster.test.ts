import { after } from 'node:test'
import { startCluster } from '../support/cluster.ts'
import { redisHarness } from './harness.ts'
import { jobConformance } from './job-conformance.ts'
import { tickConformance } from './tick-conformance.ts'

const cluster = await startCluster()
after(() => cluster.stop())

const place = { cluster: cluster.addresses }
jobConformance('a Redis Cluster', redisHarness(place))
tickConformance('a Redis Cluster', redisHarness(place))
