import { sql } from 'kysely'
import type { Migrations } from '../../../src/database/index.ts'

/** A table, a column for it and its first row; none of them can be made twice. */
export const migrations: Migrations = {
  '1-books': {
    async up(db) {
      await db.schema
        .createTable('books')
        .addColumn('id', 'integer', column => column.primaryKey())
        .addColumn('title', 'text', column => column.notNull().unique())
        .execute()
    },
  },
  '2-pages': {
    async up(db) {
      await db.schema.alterTable('books').addColumn('pages', 'integer').execute()
    },
  },
  '3-first-book': {
    async up(db) {
      await sql`insert into books (id, title, pages) values (1, 'Dune', 412)`.execute(db)
    },
  },
}

export type BooksTables = { books: { id: number; title: string; pages: number | null } }
