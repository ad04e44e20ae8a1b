import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import {
  CompiledQuery,
  type DatabaseConnection,
  type QueryResult,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely'
import { EquipageError } from '../core/index.ts'

/** How long a statement waits for another connection's transaction before it fails. */
const busyLimitMs = 15_000
/** The longest pause between two tries while it waits. */
const busyPauseMs = 25

/** Statements kept compiled; an application has far fewer different ones. */
const statementCacheSize = 500

/**
 * Kysely's dialect over Node's own SQLite. Two things differ from Kysely's: a transaction
 * takes the write lock when it begins, so that two processes wait for each other instead of
 * failing half way, and migrations run inside one, so that two processes that start at the
 * same time migrate once.
 */
export class NodeSqliteDialect extends SqliteDialect {
  readonly #database: () => Promise<SqliteDatabase>

  constructor(file: string) {
    const database = () => open(file)
    super({ database })
    this.#database = database
  }

  override createAdapter() {
    return new TransactionalAdapter()
  }

  override createDriver() {
    return new ImmediateDriver({ database: this.#database })
  }
}

class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl() {
    return true
  }
}

class ImmediateDriver extends SqliteDriver {
  override async acquireConnection(): Promise<DatabaseConnection> {
    return new PatientConnection(await super.acquireConnection())
  }

  override async beginTransaction(connection: DatabaseConnection) {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'))
  }
}

/**
 * Waits while another connection writes, without holding up the process: SQLite's own waiting
 * would stop the event loop, and with it a transaction of this very process that is to end first.
 */
class PatientConnection implements DatabaseConnection {
  readonly #connection: DatabaseConnection

  constructor(connection: DatabaseConnection) {
    this.#connection = connection
  }

  executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    return patiently(() => this.#connection.executeQuery<R>(query))
  }

  streamQuery<R>(query: CompiledQuery, chunkSize: number): AsyncIterableIterator<QueryResult<R>> {
    return this.#connection.streamQuery<R>(query, chunkSize)
  }
}

/** Tries again while another connection writes. */
async function patiently<T>(attempt: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + busyLimitMs
  for (let tries = 0; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error
    }
    await pause(Math.min(2 ** tries, busyPauseMs))
  }
}

/** SQLITE_BUSY, in the lowest byte of SQLite's code. */
function isBusy(error: unknown): boolean {
  const busy = 5
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === busy
}

async function open(file: string): Promise<SqliteDatabase> {
  const database = await openFile(file)
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      let statement = statements.get(sql)
      if (!statement) {
        statement = adapted(database.prepare(sql))
        if (statements.size >= statementCacheSize) statements.clear()
        statements.set(sql, statement)
      }
      return statement
    },
  }
}

async function openFile(file: string): Promise<DatabaseSync> {
  let database: DatabaseSync | undefined
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true })
    const opened = new DatabaseSync(file)
    database = opened
    // Two processes that turn a new file to WAL at once are refused, whatever SQLite's own timeout.
    await patiently(() => opened.exec('pragma journal_mode = wal'))
    opened.exec('pragma synchronous = normal')
    return opened
  } catch (cause) {
    database?.close()
    throw new EquipageError('E_DATABASE_OPEN', { file, reason: String(cause) }, { cause })
  }
}

/** The four members that Kysely asks of a statement. */
function adapted(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: parameters => statement.all(...(parameters as SQLInputValue[])),
    run: parameters => statement.run(...(parameters as SQLInputValue[])),
    iterate: parameters => statement.iterate(...(parameters as SQLInputValue[])),
  }
}
