import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import type { Config } from '../config/index.ts'
import type { Connection, FollowLost, LimitsOf, RunAttempt } from '../connection/index.ts'
import { type Clock, durationMs, type EventSink, sizeBytes } from '../core/index.ts'
import type { Database, DatabaseSettings } from '../database/index.ts'
import type { JobEvents } from '../job/index.ts'
import type { Logger, LogSettings } from '../log/index.ts'

/** Kysely costs a process 27 MB and a tenth of a second: who asks for no database does without. */
const loadNow = createRequire(import.meta.url)

/** The configuration as far as the framework reads it. */
type FrameworkConfig = Config

export function logSettings(config: FrameworkConfig, basePath: string): LogSettings {
  const { file, ...log } = config.get('log')
  return { ...log, output: 'stdout', file: resolve(basePath, file), name: config.get('app.name') }
}

export function databaseSettings(config: FrameworkConfig, basePath: string): DatabaseSettings {
  const { connection, database, ...server } = config.get('database')
  if (connection === 'sqlite') {
    const file = database ?? join('storage', 'database.sqlite')
    return { connection, file: file === ':memory:' ? file : resolve(basePath, file) }
  }
  return { connection, database: database ?? config.get('app.name'), ...server }
}

/** The application's own database; nothing is opened before the first query. */
export function openAppDatabase(config: FrameworkConfig, basePath: string): Database {
  const { openDatabase } = loadNow('../database/index.ts') as typeof import('../database/index.ts')
  return openDatabase(databaseSettings(config, basePath))
}

/** The most bytes that a payload may take as JSON. */
export function payloadLimitBytes(config: FrameworkConfig): number {
  return sizeBytes(config.get('queue.payload.limit'), 'QUEUE_PAYLOAD_LIMIT')
}

/** The one place that knows which connections there are; what a connection needs is loaded with it. */
export async function openConnection(
  config: FrameworkConfig,
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
