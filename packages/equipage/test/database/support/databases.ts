import { join } from 'node:path'
import { after, before, type TestContext } from 'node:test'
import { Database, type DatabaseSettings } from '../../../src/database/index.ts'
import { type Postgres, startPostgres } from '../../support/postgres.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

export type Kind = DatabaseSettings['connection']

/** Where an empty database is that a test has for itself. */
export type NewDatabase = (t: TestContext, kind: Kind) => Promise<DatabaseSettings>

/** Makes empty databases for the tests of a file, with a PostgreSQL server that runs as long as they do. */
export function databases(): NewDatabase {
  let postgres: Postgres
  before(async () => {
    postgres = await startPostgres()
  })
  after(() => postgres.stop())
  return async (t, kind) => {
    if (kind === 'pgsql') return postgres.newDatabase()
    return { connection: 'sqlite', file: join(temporaryFolder(t), 'app.sqlite') }
  }
}

/** Opens a database that is closed when the test ends. */
export function opened(t: TestContext, settings: DatabaseSettings): Database {
  const database = new Database(settings)
  t.after(() => database.close())
  return database
}
