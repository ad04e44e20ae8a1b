import assert from 'node:assert/strict'
import { after, type TestContext } from 'node:test'
import { checkServer } from '../../../src/connection/redis/server/server-check.ts'
import type { RedisSettings } from '../../../src/connection/redis/server/settings.ts'
import { isEquipageError } from '../../../src/core/errors.ts'
import { defineJob } from '../../../src/job/index.ts'
import { startCluster } from '../../support/cluster.ts'
import { eventually } from '../../support/eventually.ts'
import { capturedLog } from '../../support/lines.ts'
import { type RedisServerOptions, startRedis } from '../../support/redis.ts'
import { startWatched } from '../../support/sentinel.ts'
import { redisHarness, redisSettings } from '../conformance/harness.ts'

/** Servers outlive the tests: what a test leaves to be stopped is stopped while they answer. */
const running: { stop(): Promise<void> }[] = []
after(() => Promise.all(running.map(server => server.stop())))

export async function serverOf(options: RedisServerOptions = {}) {
  const server = await startRedis(options)
  running.push(server)
  return server
}

export async function clusterOf(options: Parameters<typeof startCluster>[0] = {}) {
  const cluster = await startCluster(options)
  running.push(cluster)
  return cluster
}

export async function watchedOf(options: Parameters<typeof startWatched>[0] = {}) {
  const watched = await startWatched(options)
  running.push(watched)
  return watched
}

/** What a check of some settings logs; it rejects as the check does. */
export async function warningsOf(where: Partial<RedisSettings>): Promise<string[]> {
  const { log, lines } = capturedLog()
  await checkServer(redisSettings(where), log)
  return lines.map(line => line.msg)
}

/** That a check fails with a code, and says something. */
export async function assertRefused(where: Partial<RedisSettings>, code: string, says: RegExp) {
  await assert.rejects(warningsOf(where), error => {
    assert.ok(isEquipageError(error), String(error))
    assert.equal(error.code, code, error.message)
    assert.match(error.message, says)
    assert.doesNotMatch(error.message, /hunter2/)
    return true
  })
}

/** That a job which is pushed to this place runs there. */
export async function assertCarries(
  test: TestContext,
  where: Partial<RedisSettings>,
): Promise<void> {
  let runs = 0
  const job = defineJob({ name: 'carried', run: () => void runs++ })
  const { queue, consume, connection } = redisHarness(where)(test, [job])
  await connection.check()
  await consume()
  await queue.push(job)
  await eventually(() => assert.equal(runs, 1))
}
