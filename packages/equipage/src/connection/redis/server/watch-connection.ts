import type { Logger } from '../../../log/index.ts'
import type { RedisClient } from './client.ts'
import type { RedisSettings } from './settings.ts'
import { connectionError } from './symptoms.ts'

/** Says once that Redis went away, and once that it is back; in between ioredis tries again by itself. */
export function watchConnection(client: RedisClient, settings: RedisSettings, log: Logger): void {
  let away = false
  const lost = (error: Error) => {
    if (away) return
    away = true
    log.warn(connectionError(settings, error).message)
  }
  client.on('error', lost)
  // A connection that only breaks, and comes back with the first try, raises no error.
  client.on('reconnecting', () => lost(new Error('the connection broke')))
  client.on('ready', () => {
    if (away) log.info('Redis answers again')
    away = false
  })
}
