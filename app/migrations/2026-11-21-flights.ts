import type { Kysely } from 'kysely'

/**
 * The flights and the airports that they name. The column types are those that
 * SQLite and PostgreSQL both take: dates and times are ISO text, and `double
 * precision` keeps every digit on both (PostgreSQL's `real` has four bytes).
 *
 * A flight has no number in the source, and two can be alike to the minute, so
 * its place among its day's flights tells them apart. The key starts with the
 * date, which is also how flights are looked for; the airports' key serves the
 * join. The report reads every flight, so no other index would help it.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('flights')
    .addColumn('date', 'text', column => column.notNull())
    .addColumn('position', 'integer', column => column.notNull())
    .addColumn('departs_at', 'text', column => column.notNull())
    .addColumn('origin', 'text', column => column.notNull())
    .addColumn('destination', 'text', column => column.notNull())
    .addColumn('delay_minutes', 'integer', column => column.notNull())
    .addColumn('distance_miles', 'integer', column => column.notNull())
    .addPrimaryKeyConstraint('flights_pk', ['date', 'position'])
    .execute()

  await db.schema
    .createTable('airports')
    .addColumn('iata', 'text', column => column.notNull())
    .addColumn('name', 'text', column => column.notNull())
    .addColumn('city', 'text', column => column.notNull())
    .addColumn('state', 'text', column => column.notNull())
    .addColumn('country', 'text', column => column.notNull())
    .addColumn('latitude', 'double precision', column => column.notNull())
    .addColumn('longitude', 'double precision', column => column.notNull())
    .addPrimaryKeyConstraint('airports_pk', ['iata'])
    .execute()
}

export async function down(db: Kysely<unknown>): Promise<void> {
  await db.schema.dropTable('airports').execute()
  await db.schema.dropTable('flights').execute()
}
