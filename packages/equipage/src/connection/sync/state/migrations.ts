import { sql } from 'kysely'
import type { Migrations } from '../../../database/index.ts'

/**
 * The tables of the state file; a change is a new entry, never an edit of an old one. They are
 * made in the order of their names: a new one comes after all others.
 */
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
        .addColumn('metadata', 'text', column => column.notNull())
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
  '2026-11-21-ticks': {
    async up(db) {
      await db.schema.alterTable('schedules').addColumn('paused_at', 'integer').execute()
      await db.schema.alterTable('schedules').addColumn('holder', 'text').execute()
      await db.schema.alterTable('schedules').addColumn('waiting', 'integer').execute()
      await db.schema
        .createTable('ledger')
        .addColumn('schedule', 'text', column => column.notNull())
        .addColumn('tick', 'integer', column => column.notNull())
        .addColumn('first', 'integer', column => column.notNull())
        .addColumn('count', 'integer', column => column.notNull())
        .addColumn('fate', 'text', column => column.notNull())
        .addColumn('reason', 'text')
        .addColumn('error', 'text')
        .addColumn('misfire', 'integer', column => column.notNull())
        .addColumn('lag_ms', 'integer', column => column.notNull())
        .addColumn('process', 'text', column => column.notNull())
        .addColumn('duration_ms', 'integer')
        .addColumn('job_id', 'text')
        .addPrimaryKeyConstraint('ledger_tick', ['schedule', 'tick'])
        .execute()
      await db.schema
        .createTable('calls')
        .addColumn('schedule', 'text', column => column.notNull())
        .addColumn('tick', 'integer', column => column.notNull())
        .addColumn('leased_until', 'integer', column => column.notNull())
        .addPrimaryKeyConstraint('calls_tick', ['schedule', 'tick'])
        .execute()
      await db.schema
        .createTable('processes')
        .addColumn('process', 'text', column => column.primaryKey())
        .addColumn('deployment', 'text', column => column.notNull())
        .addColumn('alive_until', 'integer', column => column.notNull())
        .execute()
      await db.schema
        .createTable('deployments')
        .addColumn('born', 'integer', column => column.primaryKey().autoIncrement())
        .addColumn('id', 'text', column => column.notNull().unique())
        .addColumn('ruling', 'integer', column => column.notNull())
        .execute()
      await db.schema
        .createTable('spans')
        .addColumn('id', 'integer', column => column.primaryKey().autoIncrement())
        .addColumn('schedule', 'text')
        .addColumn('from', 'integer', column => column.notNull())
        .addColumn('to', 'integer')
        .execute()
      await db.schema
        .createTable('seen')
        .addColumn('id', 'integer', column => column.primaryKey())
        .addColumn('at', 'integer', column => column.notNull())
        .execute()
    },
  },
  '2026-11-21T16-queue-care': {
    async up(db) {
      const column = (name: string, type: 'text' | 'integer') =>
        db.schema.alterTable('jobs').addColumn(name, type).execute()
      for (const name of ['stack', 'progress', 'process']) await column(name, 'text')
      for (const name of ['started_at', 'ended_at', 'cancelled_at']) await column(name, 'integer')
      await db.schema
        .createTable('paused_queues')
        .addColumn('queue', 'text', column => column.primaryKey())
        .addColumn('at', 'integer', column => column.notNull())
        .execute()
    },
  },
  '2026-11-21T16-jobs-checkpoints': {
    async up(db) {
      await db.schema
        .createTable('checkpoints')
        .addColumn('job', 'text', column => column.notNull())
        .addColumn('name', 'text', column => column.notNull())
        .addColumn('json', 'text', column => column.notNull())
        .addColumn('at', 'integer', column => column.notNull())
        .addPrimaryKeyConstraint('checkpoints_name', ['job', 'name'])
        .execute()
      await sql`create trigger checkpoints_go_with_their_job after delete on jobs
        begin delete from checkpoints where job = old.id; end`.execute(db)
    },
  },
  '2026-11-21T16-push-guards': {
    async up(db) {
      await db.schema.alterTable('jobs').addColumn('guard_key', 'text').execute()
      await db.schema.createIndex('jobs_guard').on('jobs').columns(['queue', 'guard_key']).execute()
      await db.schema
        .createTable('held_keys')
        .addColumn('queue', 'text', column => column.notNull())
        .addColumn('key', 'text', column => column.notNull())
        .addColumn('job_id', 'text', column => column.notNull())
        .addColumn('until', 'integer', column => column.notNull())
        .addPrimaryKeyConstraint('held_keys_key', ['queue', 'key'])
        .execute()
      await db.schema
        .createTable('queue_rates')
        .addColumn('queue', 'text', column => column.primaryKey())
        .addColumn('since', 'integer', column => column.notNull())
        .addColumn('begun', 'integer', column => column.notNull())
        .execute()
    },
  },
  '2026-11-21T16-workers': {
    async up(db) {
      await db.schema
        .createTable('workers')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('report', 'text', column => column.notNull())
        .addColumn('alive_until', 'integer', column => column.notNull())
        .execute()
    },
  },
  '2026-11-21T17-keep': {
    async up(db) {
      await db.schema.alterTable('jobs').addColumn('keep_failed', 'text').execute()
    },
  },
  '2026-11-21T18-groups': {
    async up(db) {
      await db.schema
        .createTable('groups')
        .addColumn('id', 'text', column => column.primaryKey())
        .addColumn('plan', 'text', column => column.notNull())
        .addColumn('state', 'text', column => column.notNull())
        .addColumn('left', 'integer', column => column.notNull())
        .addColumn('broken', 'integer', column => column.notNull())
        .addColumn('bytes', 'integer', column => column.notNull())
        .addColumn('has_finally', 'integer', column => column.notNull())
        .addColumn('finally_pushed', 'integer', column => column.notNull())
        .addColumn('ready_at', 'integer')
        .addColumn('ended_at', 'integer')
        .addColumn('looked_at', 'integer', column => column.notNull())
        .execute()
      await db.schema.createIndex('groups_end').on('groups').columns(['ended_at']).execute()
      await db.schema
        .createTable('group_ends')
        .addColumn('group_id', 'text', column => column.notNull())
        .addColumn('index', 'integer', column => column.notNull())
        .addColumn('breaks', 'integer', column => column.notNull())
        .addColumn('json', 'text', column => column.notNull())
        .addPrimaryKeyConstraint('group_ends_place', ['group_id', 'index'])
        .execute()
      await sql`create trigger ends_go_with_their_group after delete on groups
        begin delete from group_ends where group_id = old.id; end`.execute(db)
    },
  },
}
