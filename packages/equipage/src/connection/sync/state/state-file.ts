import { existsSync } from 'node:fs'
import type { Generated, Kysely, Selectable } from 'kysely'
import { type Database, openDatabase } from '../../../database/index.ts'
import type { GroupStatus } from '../../../job/index.ts'
import type { Fate, Reason } from '../../tick-memory.ts'
import { migrations } from './migrations.ts'

/** A job that could not run at once, or has failed. */
interface JobsTable {
  /** Orders jobs of the same priority and moment as they came. */
  seq: Generated<number>
  id: string
  name: string
  queue: string
  /** The payload as JSON. */
  data: string
  /** The stamp as JSON. */
  metadata: string
  /** The attempt that comes next, or runs. */
  attempt: number
  attempts: number
  /** How often it was begun. */
  starts: number
  priority: number
  pushed_at: number
  /** waiting: from when it may run. */
  due_at: number
  state: 'waiting' | 'active' | 'failed'
  /** active: until when its process may be silent before another takes the job over. */
  leased_until: number | null
  /** What its last failed attempt said, and where. */
  error: string | null
  stack: string | null
  /** What it told last of how far it is, as JSON. */
  progress: string | null
  /** Who runs it, or did last: host and process id. */
  process: string | null
  /** When its last attempt began. */
  started_at: number | null
  /** failed: since when. */
  ended_at: number | null
  /** active: when it was cancelled. */
  cancelled_at: number | null
  /** What its push was guarded by. */
  guard_key: string | null
  /** How it is kept when it has failed, as JSON; null for the setting's way. */
  keep_failed: string | null
}

export type JobRow = Selectable<JobsTable>

interface SchedulesTable {
  name: string
  definition: string
  anchor: number
  cursor: number
  paused_at: number | null
  /** What the overlap policy waits for: `{"call": tick}` or `{"jobs": [ids]}`. */
  holder: string | null
  /** The tick that waits for it. */
  waiting: number | null
}

/** As LedgerRow says. */
interface LedgerTable {
  schedule: string
  tick: number
  first: number
  count: number
  fate: Fate
  reason: Reason | null
  error: string | null
  misfire: 0 | 1
  lag_ms: number
  process: string
  duration_ms: number | null
  job_id: string | null
}

/** A run of a group, as GroupState says. */
interface GroupsTable {
  id: string
  /** The plan as JSON. */
  plan: string
  state: GroupStatus
  /** Members that have not ended. */
  left: number
  /** Members whose failure the group fails with. */
  broken: number
  /** Bytes of the results so far. */
  bytes: number
  has_finally: 0 | 1
  finally_pushed: 0 | 1
  ready_at: number | null
  ended_at: number | null
  looked_at: number
}

export type StoredGroup = Selectable<GroupsTable>
export type StoredLedgerRow = Selectable<LedgerTable>
export type StoredScheduleRow = Selectable<SchedulesTable>

/** The tables of the state file. Times are epoch milliseconds. */
export type Tables = {
  jobs: JobsTable
  /** What the finished parts of kept jobs gave, as JSON. */
  checkpoints: { job: string; name: string; json: string; at: number }
  /** Keys that refuse pushes for a time, and the job that was pushed last. */
  held_keys: { queue: string; key: string; job_id: string; until: number }
  /** Of queues with a rate limit: how many jobs have begun since the time was counted from. */
  queue_rates: { queue: string; since: number; begun: number }
  paused_queues: { queue: string; at: number }
  groups: GroupsTable
  /** How members of groups ended, as JSON, and whether their group fails with them. */
  group_ends: { group_id: string; index: number; breaks: 0 | 1; json: string }
  schedules: SchedulesTable
  ledger: LedgerTable
  /** The functions that run for a tick. */
  calls: { schedule: string; tick: number; leased_until: number }
  processes: { process: string; deployment: string; alive_until: number }
  /** In the order in which they were registered for the first time. */
  deployments: { born: Generated<number>; id: string; ruling: 0 | 1 }
  /** Pauses of a schedule; downtimes have none. */
  spans: { id: Generated<number>; schedule: string | null; from: number; to: number | null }
  /** The last sign of life of any scheduler: one row. */
  seen: { id: number; at: number }
  /** The notices of workers as JSON. */
  workers: { id: string; report: string; alive_until: number }
}

/**
 * What the sync connection writes down, in an SQLite file that the processes of one
 * application share. It is opened by the first call that needs it: an application whose
 * jobs all succeed inline never does.
 */
export class StateFile {
  readonly #file: string
  #database: Database | undefined
  #opening: Promise<Kysely<Tables>> | undefined
  /** In place of a file that is not there. */
  #empty: { database: Database; tables: Promise<Kysely<Tables>> } | undefined

  /** @param file absolute */
  constructor(file: string) {
    this.#file = file
  }

  /** Whether anybody has written anything down yet. */
  exists(): boolean {
    return this.#opening !== undefined || existsSync(this.#file)
  }

  /** @throws E_DATABASE_OPEN, E_MIGRATION */
  tables(): Promise<Kysely<Tables>> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  /**
   * For a look that must not leave a file behind: where there is none, tables without a row.
   * @throws E_DATABASE_OPEN, E_MIGRATION
   */
  toRead(): Promise<Kysely<Tables>> {
    if (this.exists()) return this.tables()
    if (!this.#empty) {
      const database = openDatabase({ connection: 'sqlite', file: ':memory:' })
      this.#empty = { database, tables: migrated(database) }
    }
    return this.#empty.tables
  }

  async #open(): Promise<Kysely<Tables>> {
    this.#database = openDatabase({ connection: 'sqlite', file: this.#file })
    try {
      return await migrated(this.#database)
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#opening?.catch(() => undefined)
    await this.#database?.close()
    await this.#empty?.tables.catch(() => undefined)
    await this.#empty?.database.close()
  }
}

async function migrated(database: Database): Promise<Kysely<Tables>> {
  await database.migrate('sync', migrations)
  return database.kysely.withTables<Tables>()
}
