import type { Kysely } from 'kysely'
import type { Holder } from '../../run-rules.ts'
import type { ScheduleState } from '../../tick-rules.ts'
import type { StoredScheduleRow, Tables } from '../state/index.ts'

/** What the state file remembers of schedules; every function works within the caller's transaction. */

export async function readSchedule(
  tables: Kysely<Tables>,
  name: string,
): Promise<ScheduleState | undefined> {
  const found = tables.selectFrom('schedules').selectAll().where('name', '=', name)
  const row = await found.executeTakeFirst()
  return row && stateOf(row)
}

export async function readSchedules(tables: Kysely<Tables>): Promise<Map<string, ScheduleState>> {
  const rows = await tables.selectFrom('schedules').selectAll().execute()
  return new Map(rows.map(row => [row.name, stateOf(row)]))
}

export async function writeSchedule(
  tables: Kysely<Tables>,
  name: string,
  state: ScheduleState,
): Promise<void> {
  const { definition, anchor, cursor, pausedAt, holder, waiting } = state
  const values = {
    definition,
    anchor,
    cursor,
    paused_at: pausedAt,
    holder: holder && JSON.stringify(holder),
    waiting,
  }
  const insert = tables.insertInto('schedules').values({ name, ...values })
  await insert.onConflict(conflict => conflict.column('name').doUpdateSet(values)).execute()
}

function stateOf(row: StoredScheduleRow): ScheduleState {
  const { definition, anchor, cursor, paused_at, holder, waiting } = row
  return {
    definition,
    anchor,
    cursor,
    pausedAt: paused_at,
    holder: holder === null ? null : (JSON.parse(holder) as Holder),
    waiting,
  }
}
