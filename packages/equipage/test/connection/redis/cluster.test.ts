import { after } from 'node:test'
import { startCluster } from '../../support/cluster.ts'
import { conformance } from '../conformance/conformance.ts'
import { redisHarness } from '../conformance/harness.ts'

const cluster = await startCluster()
after(() => cluster.stop())

conformance('a Redis Cluster', redisHarness({ cluster: cluster.addresses }))
