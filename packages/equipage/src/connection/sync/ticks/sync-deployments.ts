import type { Kysely } from 'kysely'
import type { DeploymentState, Downtime } from '../../deployment-rules.ts'
import { spansKept } from '../../tick-memory.ts'
import type { Tables } from '../state/index.ts'

/** Deployments, their processes, and spans in the state file; every function works within the caller's transaction. */

export async function readDeployments(tables: Kysely<Tables>): Promise<DeploymentState> {
  const deployments = await tables.selectFrom('deployments').selectAll().orderBy('born').execute()
  const processes = await tables.selectFrom('processes').selectAll().execute()
  const seen = await tables.selectFrom('seen').select('at').executeTakeFirst()
  return {
    current: deployments.find(({ ruling }) => ruling === 1)?.id ?? null,
    known: deployments.map(({ id }) => id),
    processes: processes.map(({ process, deployment, alive_until }) => ({
      process,
      deployment,
      aliveUntil: alive_until,
    })),
    lastHeartbeat: seen?.at ?? null,
  }
}

export async function writeDeployments(
  tables: Kysely<Tables>,
  before: DeploymentState,
  { current, known, processes, lastHeartbeat }: DeploymentState,
): Promise<void> {
  await tables.deleteFrom('processes').execute()
  const rows = processes.map(({ process, deployment, aliveUntil }) => ({
    process,
    deployment,
    alive_until: aliveUntil,
  }))
  if (rows.length > 0) await tables.insertInto('processes').values(rows).execute()
  if (lastHeartbeat !== null) {
    await tables.replaceInto('seen').values({ id: 1, at: lastHeartbeat }).execute()
  }
  if (known !== before.known) {
    const fresh = known
      .filter(id => !before.known.includes(id))
      .map(id => ({ id, ruling: 0 as const }))
    await tables.insertInto('deployments').values(fresh).execute()
    await tables.deleteFrom('deployments').where('id', 'not in', known).execute()
  }
  if (current !== before.current) {
    await tables.updateTable('deployments').set({ ruling: 0 }).execute()
    await tables.updateTable('deployments').set({ ruling: 1 }).where('id', '=', current).execute()
  }
}

export async function keepDowntime(
  tables: Kysely<Tables>,
  span: Downtime | undefined,
): Promise<void> {
  if (span) await keepSpan(tables, { schedule: null, ...span })
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

/** A schedule is resumed, or gone. */
export async function endPause(
  tables: Kysely<Tables>,
  schedule: string,
  now: number,
): Promise<void> {
  const open = tables.updateTable('spans').where('schedule', '=', schedule).where('to', 'is', null)
  await open.set({ to: now }).execute()
}
