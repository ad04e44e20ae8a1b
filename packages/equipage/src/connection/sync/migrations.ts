import type { Migrations } from '../../database/index.ts'

/** The tables of the state file; a change is a new entry, never an edit of an old one. */
export const migrations: Migrations = {
  '2026-11-21-jobs': {
    async up(db) {
      await db.schema
        .createTable('jobs')
        .addColumn('seq', 'integer', column => column.primaryKey().autoIncrement())
        .addColumn('id', 'text', column => column.notNull().unique())
        .addColumn('name', 'text', column => column.notNull())
        .addColumn('queue', 'text', column => column.notNull())
        .addColumn('data', 'text', column => column.notNull())
        .addColumn('stamp', 'text', column => column.notNull())
        .addColumn('attempt', 'integer', column => column.notNull())
        .addColumn('attempts', 'integer', column => column.notNull())
        .addColumn('starts', 'integer', column => column.notNull())
        .addColumn('priority', 'integer', column => column.notNull())
        .addColumn('pushed_at', 'integer', column => column.notNull())
        .addColumn('due_at', 'integer', column => column.notNull())
        .addColumn('state', 'text', column => column.notNull())
        .addColumn('leased_until', 'integer')
        .addColumn('error', 'text')
        .execute()
      await db.schema
        .createIndex('jobs_due')
        .on('jobs')
        .columns(['queue', 'state', 'due_at'])
        .execute()
    },
  },
  '2026-11-21-schedules': {
    async up(db) {
      await db.schema
        .createTable('schedules')
        .addColumn('name', 'text', column => column.primaryKey())
        .addColumn('definition', 'text', column => column.notNull())
        .addColumn('anchor', 'integer', column => column.notNull())
        .addColumn('cursor', 'integer', column => column.notNull())
        .execute()
    },
  },
}
