import { type Kysely, sql } from 'kysely'
import {
  aliveMs,
  type Deployment,
  type HeartbeatReply,
  type Registration,
  type ScheduleEntry,
  type SchedulerReport,
  spansKept,
} from '../../tick-memory.ts'
import { keepsPlace } from '../../tick-rules.ts'
import type { StoredScheduleRow, Tables } from '../state/index.ts'

/** Which release rules, and who is alive; every function works within the caller's transaction. */

/** A process says that it is alive. */
export async function noteAlive(
  tables: Kysely<Tables>,
  now: number,
  report: Pick<SchedulerReport, 'deployment' | 'process' | 'leaving'>,
): Promise<void> {
  await tables.replaceInto('seen').values({ id: 1, at: now }).execute()
  const { process, deployment } = report
  await tables.deleteFrom('processes').where('process', '=', process).execute()
  if (report.leaving) return
  const alive_until = now + aliveMs
  await tables.insertInto('processes').values({ process, deployment, alive_until }).execute()
}

/** Nobody fired ticks in a span, unless another process is alive. */
export async function noteDowntime(
  tables: Kysely<Tables>,
  process: string,
  span: { from: number; to: number },
): Promise<void> {
  const alive = tables.selectFrom('processes').select('process').where('process', '!=', process)
  const other = await alive.where('alive_until', '>', span.to).limit(1).executeTakeFirst()
  if (!other) await keepSpan(tables, { schedule: null, ...span })
}

/** The last sign of life of any process; undefined when there was none. */
export async function lastSeen(tables: Kysely<Tables>): Promise<number | undefined> {
  return (await tables.selectFrom('seen').select('at').executeTakeFirst())?.at
}

/** The last sign of life, when nobody is alive; undefined while somebody is. */
export async function silentSince(
  tables: Kysely<Tables>,
  now: number,
): Promise<number | undefined> {
  const alive = tables.selectFrom('processes').select('process').where('alive_until', '>', now)
  if ((await alive.limit(1).executeTakeFirst()) !== undefined) return undefined
  return lastSeen(tables)
}

/** Remembers a pause or a downtime, and drops the oldest of its kind. */
export async function keepSpan(
  tables: Kysely<Tables>,
  span: { schedule: string | null; from: number; to: number | null },
): Promise<void> {
  await tables.insertInto('spans').values(span).execute()
  const ofKind = tables.selectFrom('spans').where('schedule', 'is', span.schedule)
  const kept = ofKind.select('id').orderBy('id', 'desc').limit(spansKept)
  await tables
    .deleteFrom('spans')
    .where('schedule', 'is', span.schedule)
    .where('id', 'not in', kept)
    .execute()
}

/** A schedule goes on, or is gone. */
export async function endPause(
  tables: Kysely<Tables>,
  schedule: string,
  now: number,
): Promise<void> {
  const open = tables.updateTable('spans').where('schedule', '=', schedule).where('to', 'is', null)
  await open.set({ to: now }).execute()
}

/** Whether a release rules, as a process of it is to know. */
export async function ruleOver(
  tables: Kysely<Tables>,
  deployment: string,
  now: number,
): Promise<HeartbeatReply['rule']> {
  const ours = tables.selectFrom('deployments').select('born').where('id', '=', deployment)
  if (await ours.where('ruling', '=', 1).executeTakeFirst()) return 'ours'
  return (await youngerLives(tables, deployment, now)) ? 'another' : 'vacant'
}

/** Registers a release: the last one rules, unless it was superseded by one that still lives. */
export async function registerDeployment(
  tables: Kysely<Tables>,
  { id, entries }: Deployment,
  now: number,
): Promise<Registration[]> {
  const rules = await takeOver(tables, id, now)
  const stored = await tables.selectFrom('schedules').selectAll().execute()
  const known = new Map(stored.map(row => [row.name, row]))
  const changed: StoredScheduleRow[] = []
  const registrations = entries.map((entry): Registration => {
    const row = known.get(entry.name)
    known.delete(entry.name)
    if (row?.definition === entry.definition) return registered(row)
    if (!rules) return { outcome: 'superseded' }
    const anew = registeredAs(row, entry, now)
    changed.push(anew)
    return registered(anew)
  })
  for (const row of changed) {
    const { name, ...values } = row
    const insert = tables.insertInto('schedules').values(row)
    await insert.onConflict(conflict => conflict.column('name').doUpdateSet(values)).execute()
  }
  if (rules) {
    for (const name of known.keys()) {
      await tables.deleteFrom('schedules').where('name', '=', name).execute()
      await endPause(tables, name, now)
    }
  }
  return registrations
}

const registered = ({ anchor, cursor }: StoredScheduleRow): Registration => ({
  outcome: 'registered',
  anchor,
  cursor,
})

/** A new schedule, or a known one under a changed definition: it starts anew when its timing changed. */
function registeredAs(
  known: StoredScheduleRow | undefined,
  entry: ScheduleEntry,
  now: number,
): StoredScheduleRow {
  const { name, definition } = entry
  const blank = { name, paused_at: null, holder: null, waiting: null }
  const row = known ?? { ...blank, definition: '', anchor: now, cursor: now }
  if (keepsPlace(row, entry)) return { ...row, definition }
  return { ...row, definition, anchor: now, cursor: now, waiting: null }
}

/** Whether a release rules from now on. */
async function takeOver(tables: Kysely<Tables>, deployment: string, now: number): Promise<boolean> {
  const insert = tables.insertInto('deployments').values({ id: deployment, ruling: 0 })
  await insert.onConflict(conflict => conflict.column('id').doNothing()).execute()
  if (await youngerLives(tables, deployment, now)) return false
  const own = { ruling: sql<0 | 1>`id = ${deployment}` }
  await tables.updateTable('deployments').set(own).execute()
  return true
}

/** Whether a process of a younger release is alive: one that was registered for the first time later. */
async function youngerLives(
  tables: Kysely<Tables>,
  deployment: string,
  now: number,
): Promise<boolean> {
  const younger = tables
    .selectFrom('processes')
    .innerJoin('deployments', 'deployments.id', 'processes.deployment')
    .select('process')
    .where('alive_until', '>', now)
    .where('born', '>', query =>
      query.selectFrom('deployments').select('born').where('id', '=', deployment),
    )
  return (await younger.limit(1).executeTakeFirst()) !== undefined
}
