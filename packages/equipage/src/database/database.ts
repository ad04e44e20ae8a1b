import { Kysely, PostgresDialect } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'
import { EquipageError, isEquipageError, toError } from '../core/index.ts'
import { NodeSqliteDialect } from './sqlite.ts'

/** Where a database is: SQLite's file (`:memory:` for one that is gone at the end), or a PostgreSQL server. */
export type DatabaseSettings =
  | { connection: 'sqlite'; file: string }
  | {
      connection: 'pgsql'
      host: string
      port: number
      database: string
      username: string
      password: string | null
    }

/** Changes of a database's tables by name; they run once each, in the order of their names. */
export type Migrations = Readonly<Record<string, Migration>>

/** No tables known; `kysely.withTables<T>()` adds an owner's. */
// biome-ignore lint/complexity/noBannedTypes: Kysely's own name for a database without tables
type NoTables = {}

/**
 * One database, reached through Kysely. Nothing is opened before the first query.
 * Dates, switches and JSON are kept as text and integers, so that SQLite and PostgreSQL
 * answer alike.
 */
export class Database {
  readonly kysely: Kysely<NoTables>
  readonly #settings: DatabaseSettings

  constructor(settings: DatabaseSettings) {
    this.#settings = settings
    this.kysely = new Kysely<NoTables>({ dialect: dialectOf(settings) })
  }

  /** Which SQL is spoken. */
  get connection(): 'sqlite' | 'pgsql' {
    return this.#settings.connection
  }

  /**
   * Runs the migrations that have not run yet. Processes that do so at the same time wait for
   * each other. When one fails, none of this call's is kept.
   * @param owner who keeps these tables; each owner has a record of its own (`<owner>_migrations`)
   * @throws E_MIGRATION, which names the migration; E_DATABASE_OPEN
   */
  async migrate(owner: string, migrations: Migrations): Promise<void> {
    const migrator = new Migrator({
      db: this.kysely,
      provider: { getMigrations: async () => ({ ...migrations }) },
      migrationTableName: `${owner}_migrations`,
      migrationLockTableName: `${owner}_migrations_lock`,
    })
    const { error, results } = await migrator.migrateToLatest()
    if (error === undefined) return
    if (isEquipageError(error, 'E_DATABASE_OPEN')) throw error
    const cause = toError(error)
    if (isAway(cause))
      throw new EquipageError('E_DATABASE_AWAY', { reason: cause.message }, { cause })
    const failed = results?.find(result => result.status === 'Error')?.migrationName
    const fields = { owner, migration: failed, reason: toError(error).message }
    throw new EquipageError('E_MIGRATION', fields, { cause: error })
  }

  /** Waits for the query that runs, and closes; calling it twice does nothing more. */
  async close(): Promise<void> {
    await this.kysely.destroy()
  }
}

/** Opens a database; see {@link Database}. */
export function openDatabase(settings: DatabaseSettings): Database {
  return new Database(settings)
}

function dialectOf(settings: DatabaseSettings) {
  if (settings.connection === 'sqlite') return new NodeSqliteDialect(settings.file)
  const { host, port, database, username, password } = settings
  return new PostgresDialect({
    pool: async () => {
      // Loaded only when it is used: most processes run on SQLite.
      const { default: pg } = await import('pg')
      return new pg.Pool({
        host,
        port,
        database,
        user: username,
        ...(password === null ? {} : { password }),
        types: {
          getTypeParser: (oid, format) => numberParser(oid) ?? pg.types.getTypeParser(oid, format),
        },
      })
    },
  })
}

/** pg gives bigint and numeric as text; SQLite gives numbers, and so do we (exact to 2^53). */
function numberParser(oid: number) {
  const bigint = 20
  const numeric = 1700
  return oid === bigint || oid === numeric ? Number : undefined
}

/** A server that cannot be reached; an AggregateError when its name has several addresses. */
function isAway(error: Error & { code?: unknown }): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN', 'ECONNRESET'].includes(
    String(error.code),
  )
}
