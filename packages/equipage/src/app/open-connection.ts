import { resolve } from 'node:path'
import type { Config } from '../config/index.ts'
import type { Connection, FollowLost, LimitsOf, RunAttempt } from '../connection/index.ts'
import { type Clock, durationMs, type EventSink } from '../core/index.ts'
import type { JobEvents } from '../job/index.ts'
import type { Logger } from '../log/index.ts'

/** The one place that knows which connections there are; what a connection needs is loaded with it. */
export async function openConnection(
  config: Config,
  basePath: string,
  dependencies: {
    run: RunAttempt
    lost: FollowLost
    limitsOf: LimitsOf
    log: Logger
    clock: Clock
    events?: EventSink<JobEvents>
  },
): Promise<Connection> {
  const { connection, sync, redis, keep } = config.get('queue')
  const completed = kept(keep.completed, 'queue.keep.completed.age')
  const failed = kept(keep.failed, 'queue.keep.failed.age')
  const ledger = kept(config.get('scheduler.ledger'), 'scheduler.ledger.age')
  const lockMs = durationMs(config.get('queue.worker.lock'), 'queue.worker.lock')
  if (connection === 'sync') {
    const { syncConnection } = await import('../connection/sync/index.ts')
    const file = resolve(basePath, sync.file)
    return syncConnection({ file, keepFailed: failed, lockMs, ledger }, dependencies)
  }
  const { redisConnection } = await import('../connection/redis/index.ts')
  const prefix = redis.prefix ?? slug(config.get('app.name'))
  const file = (path: string | null) => (path === null ? null : resolve(basePath, path))
  const { enabled, ca, cert, key } = redis.tls
  const tls = { enabled, ca: file(ca), cert: file(cert), key: file(key) }
  const settings = { ...redis, tls, prefix, keep: { completed, failed }, lockMs, ledger }
  return redisConnection(settings, dependencies)
}

function kept(keep: { age: string; count: number }, where: string) {
  return { ageMs: durationMs(keep.age, where), count: keep.count }
}

/** A name as keys in Redis can hold it: `My Shop` becomes `my-shop`. */
function slug(name: string): string {
  const text = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
  return text || 'equipage'
}
