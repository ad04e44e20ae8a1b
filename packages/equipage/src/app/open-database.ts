import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import type { Config } from '../config/index.ts'
import { ownExtension } from '../core/index.ts'
import type { Database, DatabaseSettings } from '../database/index.ts'

/** Kysely costs a process 27 MB and a tenth of a second: who asks for no database does without. */
const loadNow = createRequire(import.meta.url)

export function databaseSettings(config: Config, basePath: string): DatabaseSettings {
  const { connection, database, ...server } = config.get('database')
  if (connection === 'sqlite') {
    const file = database ?? join('storage', 'database.sqlite')
    return { connection, file: file === ':memory:' ? file : resolve(basePath, file) }
  }
  return { connection, database: database ?? config.get('app.name'), ...server }
}

/** The application's own database; nothing is opened before the first query. */
export function openAppDatabase(config: Config, basePath: string): Database {
  const { openDatabase } = loadNow(
    `../database/index${ownExtension}`,
  ) as typeof import('../database/index.ts')
  return openDatabase(databaseSettings(config, basePath))
}
