import type { Kysely } from 'kysely'
import type { Clock, Json } from '../../../core/index.ts'
import {
  completedKeptMs,
  failedKeptMs,
  type GroupMemory,
  type GroupPlan,
  type GroupState,
  type GroupStatus,
  type GroupStep,
  groupsLookedAt,
  type JobEnd,
  type MemberEnd,
  readEnd,
  readPlan,
} from '../../../job/index.ts'
import { type AcceptedEnd, acceptEnd, firstState, mayClose, stepAfter } from '../../group-rules.ts'
import type { StateFile, StoredGroup, Tables } from '../state/index.ts'

/** Groups in the state file; each call is a transaction. */
export class SyncGroups implements GroupMemory {
  readonly #file: StateFile
  readonly #clock: Clock

  constructor(file: StateFile, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  open(id: string, plan: GroupPlan): Promise<Pick<GroupState, 'state' | 'ended'>> {
    return this.#step(async tables => {
      await this.#forgetOld(tables)
      const known = await groupOf(tables, id)
      if (known) return { state: known.state, ended: new Set((await endsOf(tables, id)).keys()) }
      const now = this.#clock.now()
      const left = plan.members.length
      const hasFinally = plan.finally !== null
      const state = firstState(left, hasFinally)
      const numbers = { left, broken: 0, bytes: 0, finally_pushed: 0 as const, looked_at: now }
      const row = {
        id,
        plan: JSON.stringify(plan),
        has_finally: hasFinally ? (1 as const) : (0 as const),
      }
      const open = { state: 'open' as const, ready_at: null, ended_at: null }
      await tables
        .insertInto('groups')
        .values({ ...row, ...numbers, ...open })
        .execute()
      if (state !== 'open') await this.#enter(tables, id, state)
      return { state, ended: new Set() }
    })
  }

  end(id: string, index: number, end: MemberEnd): Promise<GroupStep> {
    return this.#step(async tables => {
      const row = await groupOf(tables, id)
      if (!row) return 'missing'
      if (row.state === 'completed') return 'over'
      const counts = {
        ...row,
        hasFinally: row.has_finally === 1,
        finallyPushed: row.finally_pushed === 1,
      }
      const change = acceptEnd(counts, end, await endIn(tables, id, index))
      if (change) {
        const { left, broken, bytes } = change.counts
        await tables
          .updateTable('groups')
          .set({ left, broken, bytes })
          .where('id', '=', id)
          .execute()
        const breaks = change.kept.breaks ? (1 as const) : (0 as const)
        const json = JSON.stringify(change.kept.end)
        await tables
          .replaceInto('group_ends')
          .values({ group_id: id, index, breaks, json })
          .execute()
      }
      const step = stepAfter(change?.counts ?? counts)
      if (step === 'ready' || step === 'completed' || step === 'failed') {
        await this.#enter(tables, id, step)
      }
      return step
    })
  }

  async #enter(tables: Kysely<Tables>, id: string, state: GroupStatus): Promise<void> {
    const now = this.#clock.now()
    const ended_at = state === 'completed' || state === 'failed' ? now : null
    const entered = tables.updateTable('groups').set({ state, ended_at }).where('id', '=', id)
    await entered.execute()
    if (state === 'ready') {
      const first = tables.updateTable('groups').set({ ready_at: now })
      await first.where('id', '=', id).where('ready_at', 'is', null).execute()
    }
    if (state === 'completed') {
      await tables.deleteFrom('group_ends').where('group_id', '=', id).execute()
    }
  }

  async state(id: string): Promise<GroupState | undefined> {
    const tables = await this.#file.tables()
    const row = await groupOf(tables, id)
    const plan = row?.state === 'completed' ? undefined : readPlan(row?.plan)
    if (!row || !plan) return undefined
    const { state, ready_at: readyAt } = row
    const ended = new Set((await endsOf(tables, id)).keys())
    return { plan, state, readyAt, ended, finallyPushed: row.finally_pushed === 1 }
  }

  async ends(id: string): Promise<ReadonlyMap<number, JobEnd<Json>>> {
    return endsOf(await this.#file.tables(), id)
  }

  async finallyPushed(id: string): Promise<void> {
    const tables = await this.#file.tables()
    await tables.updateTable('groups').set({ finally_pushed: 1 }).where('id', '=', id).execute()
  }

  close(id: string, state: 'completed' | 'failed'): Promise<boolean> {
    return this.#step(async tables => {
      const row = await groupOf(tables, id)
      if (!row || !mayClose(row.state, state)) return false
      await this.#enter(tables, id, state)
      return true
    })
  }

  async unfinished(): Promise<readonly string[]> {
    const tables = await this.#file.tables()
    const open = tables.selectFrom('groups').select('id').where('ended_at', 'is', null)
    const rows = await open.orderBy('looked_at').limit(groupsLookedAt).execute()
    const ids = rows.map(({ id }) => id)
    const looked = tables.updateTable('groups').set({ looked_at: this.#clock.now() })
    if (ids.length > 0) await looked.where('id', 'in', ids).execute()
    return ids
  }

  async #step<T>(work: (tables: Kysely<Tables>) => Promise<T>): Promise<T> {
    return (await this.#file.tables()).transaction().execute(work)
  }

  async #forgetOld(tables: Kysely<Tables>): Promise<void> {
    const now = this.#clock.now()
    for (const [state, keptMs] of [
      ['completed', completedKeptMs],
      ['failed', failedKeptMs],
    ] as const) {
      const old = tables.deleteFrom('groups').where('state', '=', state)
      await old.where('ended_at', '<', now - keptMs).execute()
    }
  }
}

/** Whether a group of that id is there and has not ended; within the caller's transaction. */
export async function isGroupUnfinished(tables: Kysely<Tables>, id: string): Promise<boolean> {
  const row = await groupOf(tables, id)
  return row?.ended_at === null
}

function groupOf(tables: Kysely<Tables>, id: string): Promise<StoredGroup | undefined> {
  return tables.selectFrom('groups').selectAll().where('id', '=', id).executeTakeFirst()
}

async function endsOf(tables: Kysely<Tables>, id: string): Promise<Map<number, JobEnd<Json>>> {
  const rows = await tables
    .selectFrom('group_ends')
    .select(['index', 'json'])
    .where('group_id', '=', id)
    .execute()
  const ends = new Map<number, JobEnd<Json>>()
  for (const { index, json } of rows) {
    const end = readEnd(json)
    if (end) ends.set(index, end)
  }
  return ends
}

async function endIn(
  tables: Kysely<Tables>,
  id: string,
  index: number,
): Promise<AcceptedEnd | undefined> {
  const row = await tables
    .selectFrom('group_ends')
    .select(['breaks', 'json'])
    .where('group_id', '=', id)
    .where('index', '=', index)
    .executeTakeFirst()
  const end = readEnd(row?.json)
  return row && end ? { end, breaks: row.breaks === 1 } : undefined
}
