import type { Insertable, Kysely } from 'kysely'
import type { Call, LedgerQuery, LedgerRetention, LedgerRow } from '../../tick-memory.ts'
import { keptFrom } from '../../tick-rules.ts'
import type { StoredLedgerRow, Tables } from '../state/index.ts'

/** The ledger's rows in the state file; every function works within the caller's transaction. */

/** Writes the rows of one claim, and drops what is beyond the retention. */
export async function writeRows(
  tables: Kysely<Tables>,
  schedule: string,
  rows: readonly LedgerRow[],
  retention: LedgerRetention,
): Promise<void> {
  const last = rows.at(-1)
  if (!last) return
  // In the place of an older one: a tick may be offered again when a file was put back.
  await tables
    .replaceInto('ledger')
    .values(rows.map(row => valuesOf(schedule, row)))
    .execute()
  const own = tables.selectFrom('ledger').where('schedule', '=', schedule)
  const oldest = await own
    .select('tick')
    .orderBy('tick', 'desc')
    .offset(retention.count - 1)
    .limit(1)
    .executeTakeFirst()
  await tables
    .deleteFrom('ledger')
    .where('schedule', '=', schedule)
    .where('tick', '<', keptFrom(last.tick, oldest?.tick, retention))
    .execute()
}

/** Changes the row of a tick, if there is one. */
export async function changeRow(
  tables: Kysely<Tables>,
  { name, tick }: Call,
  change: (row: LedgerRow) => LedgerRow,
): Promise<void> {
  const found = tables.selectFrom('ledger').selectAll()
  const row = await found.where('schedule', '=', name).where('tick', '=', tick).executeTakeFirst()
  if (!row) return
  await tables
    .replaceInto('ledger')
    .values(valuesOf(name, change(rowOf(row))))
    .execute()
}

export async function readRows(
  tables: Kysely<Tables>,
  { name, from, to, limit }: LedgerQuery,
): Promise<LedgerRow[]> {
  const rows = await tables
    .selectFrom('ledger')
    .selectAll()
    .where('schedule', '=', name)
    .where('tick', '>=', from)
    .where('first', '<=', to)
    .orderBy('tick', 'desc')
    .limit(limit)
    .execute()
  return rows.reverse().map(rowOf)
}

/** The latest row of each schedule. */
export async function lastRows(tables: Kysely<Tables>): Promise<Map<string, LedgerRow>> {
  const rows = await tables
    .selectFrom('ledger as row')
    .selectAll()
    .where('tick', '=', query =>
      query
        .selectFrom('ledger')
        .select(({ fn }) => fn.max('ledger.tick').as('tick'))
        .whereRef('ledger.schedule', '=', 'row.schedule'),
    )
    .execute()
  return new Map(rows.map(row => [row.schedule, rowOf(row)]))
}

function valuesOf(schedule: string, row: LedgerRow): Insertable<Tables['ledger']> {
  const { tick, first, count, fate, reason, error, process } = row
  return {
    schedule,
    tick,
    first,
    count,
    fate,
    reason,
    error,
    process,
    misfire: row.misfire ? 1 : 0,
    lag_ms: row.lagMs,
    duration_ms: row.durationMs,
    job_id: row.jobId,
  }
}

function rowOf(row: StoredLedgerRow): LedgerRow {
  const { tick, first, count, fate, reason, error, process } = row
  return {
    tick,
    first,
    count,
    fate,
    reason,
    error,
    process,
    misfire: row.misfire === 1,
    lagMs: row.lag_ms,
    durationMs: row.duration_ms,
    jobId: row.job_id,
  }
}
