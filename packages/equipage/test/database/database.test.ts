import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { sql } from 'kysely'
import { type Database, openDatabase } from '../../src/database/index.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { databases, type Kind, opened } from './support/databases.ts'
import { type BooksTables, migrations } from './support/migrations.ts'

const newDatabase = databases()

async function library(t: TestContext, kind: Kind) {
  const database = opened(t, await newDatabase(t, kind))
  await database.migrate('app', migrations)
  const db = database.kysely.withTables<BooksTables>()
  await db.insertInto('books').values({ id: 2, title: 'Emma', pages: null }).execute()
  return { database, db }
}

/** What both kinds of database have to answer alike. */
const questions: Record<string, (database: Database) => Promise<unknown>> = {
  'counts and sums as numbers': async ({ kysely }) =>
    (
      await sql`select count(*) as n, sum(pages) as total, avg(pages) as mean,
                cast(9007199254740991 as bigint) as big from books`.execute(kysely)
    ).rows,
  'what is not there as null': async ({ kysely }) =>
    (await sql`select pages from books where id = 2`.execute(kysely)).rows,
  'how many rows were changed': async ({ kysely }) => {
    const db = kysely.withTables<BooksTables>()
    const updated = await db.updateTable('books').set({ pages: 1 }).executeTakeFirst()
    const deleted = await db.deleteFrom('books').where('id', '=', 99).executeTakeFirst()
    return [updated.numUpdatedRows, deleted.numDeletedRows]
  },
  'rows that are given back by what changes them': ({ kysely }) =>
    kysely
      .withTables<BooksTables>()
      .insertInto('books')
      .values({ id: 3, title: 'Ulysses é 🙂', pages: 730 })
      .onConflict(conflict => conflict.column('id').doUpdateSet({ pages: 731 }))
      .returningAll()
      .execute(),
}

describe('SQLite and PostgreSQL', () => {
  for (const [what, ask] of Object.entries(questions)) {
    it(`give alike ${what}`, async t => {
      const sqlite = await ask((await library(t, 'sqlite')).database)
      const pgsql = await ask((await library(t, 'pgsql')).database)
      assert.deepEqual(normal(sqlite), normal(pgsql))
      assert.notEqual(sqlite, undefined)
    })
  }

  it('give numbers, not texts', async t => {
    const { database } = await library(t, 'pgsql')
    assert.deepEqual(normal(await questions['counts and sums as numbers']?.(database)), [
      { n: 2, total: 412, mean: 412, big: 9_007_199_254_740_991 },
    ])
  })
})

/** Rows of SQLite have no prototype. */
const normal = (value: unknown): unknown =>
  Array.isArray(value) && value.every(row => typeof row === 'object')
    ? value.map(row => ({ ...row }))
    : value

for (const kind of ['sqlite', 'pgsql'] as const) {
  describe(`a database under ${kind}`, () => {
    it('keeps all of a transaction or nothing', async t => {
      const { db } = await library(t, kind)
      const failing = db.transaction().execute(async trx => {
        await trx.insertInto('books').values({ id: 3, title: 'Ulysses', pages: 1 }).execute()
        throw new Error('second thoughts')
      })
      await assert.rejects(failing, /second thoughts/)
      assert.equal((await db.selectFrom('books').selectAll().execute()).length, 2)
    })

    it('lets transactions of two processes that read and then write wait for each other', async t => {
      const settings = await newDatabase(t, kind)
      const [one, two] = [opened(t, settings), opened(t, settings)]
      await one.migrate('app', migrations)
      const grow = (database: Database) =>
        database.kysely
          .withTables<BooksTables>()
          .transaction()
          .execute(async trx => {
            const query = trx.selectFrom('books').select('pages').where('id', '=', 1)
            const lock = kind === 'pgsql' ? query.forUpdate() : query
            const { pages } = await lock.executeTakeFirstOrThrow()
            await trx
              .updateTable('books')
              .set({ pages: Number(pages) + 1 })
              .execute()
          })
      await Promise.all(Array.from({ length: 20 }, (_, index) => grow(index % 2 ? one : two)))
      const db = one.kysely.withTables<BooksTables>()
      assert.equal((await db.selectFrom('books').select('pages').executeTakeFirst())?.pages, 432)
    })

    it('says which SQL it speaks, and is closed twice without harm', async t => {
      const { database } = await library(t, kind)
      assert.equal(database.connection, kind)
      await database.close()
      await database.close()
    })

    it('is closed without harm when it was never used, and has opened nothing', async t => {
      const settings = await newDatabase(t, kind)
      await openDatabase(settings).close()
      if (settings.connection === 'sqlite') assert.equal(existsSync(settings.file), false)
    })
  })
}

describe('an SQLite database', () => {
  it('makes the folders of its file, and keeps what was written', async t => {
    const file = join(temporaryFolder(t), 'deep', 'down', 'app.sqlite')
    const first = openDatabase({ connection: 'sqlite', file })
    await first.migrate('app', migrations)
    await first.close()
    const db = opened(t, { connection: 'sqlite', file }).kysely.withTables<BooksTables>()
    assert.equal((await db.selectFrom('books').selectAll().execute()).length, 1)
  })

  it('in memory is gone with its process', async t => {
    const database = opened(t, { connection: 'sqlite', file: ':memory:' })
    await database.migrate('app', migrations)
    assert.equal(existsSync(':memory:'), false)
  })

  it('that cannot be opened is named, with what to look at', async t => {
    const folder = temporaryFolder(t)
    const noDatabase = join(folder, 'text.sqlite')
    writeFileSync(
      noDatabase,
      'this is no database at all, but text that somebody wrote\n'.repeat(99),
    )
    for (const file of [noDatabase, folder, join(noDatabase, 'below.sqlite')]) {
      const database = opened(t, { connection: 'sqlite', file })
      await assert.rejects(database.migrate('app', migrations), {
        code: 'E_DATABASE_OPEN',
        message: new RegExp(`the database file ${file} cannot be opened .*; check that`),
      })
    }
  })
})
