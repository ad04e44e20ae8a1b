import { Cluster, type Redis } from 'ioredis'
import type { Logger } from '../../../log/index.ts'
import { connectOnce, probeClient, type RedisClient } from './client.ts'
import { whatIsSpoken } from './diagnosis.ts'
import { assess, readInfo } from './server-report.ts'
import { addressOf, type RedisSettings } from './settings.ts'
import { connectionError } from './symptoms.ts'

/**
 * Looks once whether Redis answers, lets us in, and is fit to carry jobs; on a Cluster every
 * master is asked. What should be fixed, and does not keep anybody from starting, is a warning.
 * It asks nothing but `INFO`, which managed services allow too.
 * @throws E_CONNECTION_AWAY, E_CONNECTION_REFUSED, E_CONNECTION_TLS, E_REDIS_UNFIT, E_REDIS_FILE
 */
export async function checkServer(settings: RedisSettings, log: Logger): Promise<void> {
  const warnings = new Set<string>()
  for (const text of await askServers(settings)) {
    if (text === undefined) {
      const advice = 'allow its user INFO, or see yourself to maxmemory-policy and appendonly'
      warnings.add(`it does not tell how it is set up; ${advice}`)
    } else {
      for (const warning of assess(settings, readInfo(text))) warnings.add(warning)
    }
  }
  const address = addressOf(settings)
  for (const warning of warnings) log.warn({ address }, `Redis at ${address}: ${warning}`)
}

/** What `INFO` answers on each server that takes writes; undefined where it is not allowed. */
async function askServers(settings: RedisSettings): Promise<(string | undefined)[]> {
  const client = probeClient(settings)
  // ioredis tells the reason to its listeners, and rejects with "Connection is closed".
  let reason: Error | undefined
  client.on('error', (error: Error) => {
    reason = error
  })
  let sentinelReason: Error | undefined
  client.on('sentinelError', (error: Error) => {
    sentinelReason = error
  })
  try {
    await connectOnce(client)
    const answers = await Promise.all(serversOf(client).map(askServer))
    if (reason) throw reason
    return answers
  } catch (error) {
    const told = sentinelReason ?? reason ?? error
    throw connectionError(settings, (await whatIsSpoken(settings, told)) ?? told)
  } finally {
    client.disconnect()
  }
}

function serversOf(client: RedisClient): Redis[] {
  const given: unknown = client
  return given instanceof Cluster ? given.nodes('master') : [client]
}

async function askServer(server: Redis): Promise<string | undefined> {
  try {
    return await server.info()
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('NOPERM')) {
      await server.ping()
      return undefined
    }
    throw error
  }
}
