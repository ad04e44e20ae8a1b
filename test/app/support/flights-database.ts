import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { openDatabase } from 'equipage/database'
import type { Kysely } from 'kysely'
import type { FlightsTables } from '../../../app/flights/tables.ts'
import * as flightsMigration from '../../../app/migrations/2026-11-21-flights.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** A database with the application's tables in a file of its own, closed and removed after the test. */
export async function flightsDatabase(
  t: TestContext,
): Promise<{ file: string; db: Kysely<FlightsTables> }> {
  const file = join(await temporaryFolder(t), 'app.db')
  const database = openDatabase({ connection: 'sqlite', file })
  t.after(() => database.close())
  await database.migrate('app', { '2026-11-21-flights': flightsMigration })
  return { file, db: database.kysely.withTables<FlightsTables>() }
}
