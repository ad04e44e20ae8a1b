import { type Kysely, sql } from 'kysely'
import type { Clock } from '../../../core/index.ts'
import type { Checkpoints } from '../../../job/index.ts'
import type { StateFile, Tables } from '../state/index.ts'

/** After how long checkpoints are dropped whose job was never kept: its process died between the two. */
const strayMs = 86_400_000

/** The checkpoints of kept jobs. A trigger of the state file drops them with their job. */
export class SyncCheckpoints {
  readonly #file: StateFile
  readonly #clock: Clock

  constructor(file: StateFile, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  /**
   * Those of a kept job.
   * @param starts how often it was begun: with the next start the job is another attempt's
   */
  of(id: string, starts: number): Checkpoints {
    return {
      load: async name => {
        const tables = await this.#file.tables()
        const rows = tables.selectFrom('checkpoints').select('json')
        return (await rows.where('job', '=', id).where('name', '=', name).executeTakeFirst())?.json
      },
      save: async (name, json) => {
        const tables = await this.#file.tables()
        const held = sql<string>`select id, ${name}, ${json}, ${this.#clock.now()} from jobs
          where id = ${id} and state = 'active' and starts = ${starts}`
        const { numAffectedRows } = await sql`insert or replace into checkpoints
          (job, name, json, at) ${held}`.execute(tables)
        return (numAffectedRows ?? 0n) > 0n
      },
    }
  }

  /** Writes down what an attempt has stored that was not kept, right before its job is. */
  async keep(id: string, kept: ReadonlyMap<string, string>): Promise<void> {
    if (kept.size === 0) return
    const tables = await this.#file.tables()
    const at = this.#clock.now()
    await dropStrays(tables, at - strayMs)
    const rows = Array.from(kept, ([name, json]) => ({ job: id, name, json, at }))
    for (const row of rows) await tables.replaceInto('checkpoints').values(row).execute()
  }
}

async function dropStrays(tables: Kysely<Tables>, before: number): Promise<void> {
  const strays = tables.deleteFrom('checkpoints').where('at', '<', before)
  await strays.where('job', 'not in', tables.selectFrom('jobs').select('id')).execute()
}
