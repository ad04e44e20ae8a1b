import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import type { Database, Migrations } from '../../src/database/index.ts'
import { databases, opened } from './support/databases.ts'
import { type BooksTables, migrations } from './support/migrations.ts'

const newDatabase = databases()
const program = join(import.meta.dirname, 'support', 'migrating-process.ts')

/** Every book; as plain objects, because rows of SQLite have no prototype. */
async function books(database: Database) {
  const rows = database.kysely.withTables<BooksTables>().selectFrom('books').selectAll()
  return (await rows.execute()).map(row => ({ ...row }))
}

async function tables(database: Database): Promise<string[]> {
  const all = await database.kysely.introspection.getTables()
  return all.map(table => table.name).sort()
}

async function ran(database: Database, owner = 'app'): Promise<string[]> {
  const record = sql<{ name: string }>`select name from ${sql.table(`${owner}_migrations`)}`
  return (await record.execute(database.kysely)).rows.map(row => row.name)
}

for (const kind of ['sqlite', 'pgsql'] as const) {
  describe(`migrations under ${kind}`, () => {
    it('run in the order of their names, once', async t => {
      const database = opened(t, await newDatabase(t, kind))
      await database.migrate('app', Object.fromEntries(Object.entries(migrations).reverse()))
      assert.deepEqual(await books(database), [{ id: 1, title: 'Dune', pages: 412 }])
      await database.migrate('app', migrations)
      assert.deepEqual(await ran(database), Object.keys(migrations))
      assert.equal((await books(database)).length, 1)
    })

    it('run from where an earlier release stopped', async t => {
      const database = opened(t, await newDatabase(t, kind))
      const { '1-books': first } = migrations
      assert.ok(first)
      await database.migrate('app', { '1-books': first })
      await database.migrate('app', migrations)
      assert.deepEqual(await ran(database), Object.keys(migrations))
    })

    it('of two owners know nothing of each other', async t => {
      const database = opened(t, await newDatabase(t, kind))
      await database.migrate('app', migrations)
      await database.migrate('other', { '0-early': { up: async () => undefined } })
      assert.deepEqual(await ran(database, 'other'), ['0-early'])
    })

    it('of six processes at once wait for each other and run once', async t => {
      const settings = await newDatabase(t, kind)
      const start = (): ChildProcess => {
        const child = fork(program, [JSON.stringify(settings)], { stdio: 'pipe' })
        t.after(() => child.kill('SIGKILL'))
        return child
      }
      const children = Array.from({ length: 6 }, start)
      const faults: string[] = []
      for (const child of children) child.stderr?.on('data', data => faults.push(String(data)))
      await Promise.all(children.map(child => once(child, 'message')))
      const ends = children.map(child => once(child, 'close'))
      for (const child of children) child.send('go')
      const codes = (await Promise.all(ends)).map(([code]) => code)
      assert.deepEqual(codes, [0, 0, 0, 0, 0, 0], faults.join(''))
      const database = opened(t, settings)
      assert.deepEqual(await ran(database), Object.keys(migrations))
      assert.equal((await books(database)).length, 1)
    })

    it('that fail keep nothing of their call, and say which one failed and why', async t => {
      const database = opened(t, await newDatabase(t, kind))
      const failing: Migrations = {
        ...migrations,
        '4-broken': {
          async up(db) {
            await db.schema.createTable('half').addColumn('id', 'integer').execute()
            throw new Error('out of luck')
          },
        },
      }
      await assert.rejects(database.migrate('app', failing), {
        code: 'E_MIGRATION',
        message: 'migration "4-broken" of "app" failed, and nothing of it was kept: out of luck',
      })
      assert.deepEqual(await ran(database), [])
      const left = await tables(database)
      assert.ok(!left.includes('books') && !left.includes('half'), left.join(', '))
      await database.migrate('app', migrations)
      assert.equal((await books(database)).length, 1)
    })

    it('that fail keep what an earlier call has made', async t => {
      const database = opened(t, await newDatabase(t, kind))
      await database.migrate('app', migrations)
      const { '1-books': first } = migrations
      assert.ok(first)
      const again: Migrations = { ...migrations, '4-again': first }
      await assert.rejects(database.migrate('app', again), { code: 'E_MIGRATION' })
      assert.deepEqual(await ran(database), Object.keys(migrations))
      assert.equal((await books(database)).length, 1)
    })

    it('that throw a text are told with it', async t => {
      const database = opened(t, await newDatabase(t, kind))
      const up = () => Promise.reject('just a text')
      await assert.rejects(database.migrate('app', { '1-text': { up } }), {
        code: 'E_MIGRATION',
        message: /migration "1-text" of "app" failed, .*'just a text' was thrown/,
      })
    })

    it('refuse to go on when one that has run is gone from the code', async t => {
      const database = opened(t, await newDatabase(t, kind))
      await database.migrate('app', migrations)
      const { '1-books': _, ...rest } = migrations
      await assert.rejects(database.migrate('app', rest), {
        code: 'E_MIGRATION',
        message: /the migrations of "app" failed.*1-books is missing/,
      })
    })
  })
}
