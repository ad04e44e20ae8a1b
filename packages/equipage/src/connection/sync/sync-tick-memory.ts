import { randomUUID } from 'node:crypto'
import type { Clock } from '../../core/clock.ts'
import type { PushedJob, Receipt } from '../../job/index.ts'
import type {
  ClaimAnswer,
  ScheduleEntry,
  ScheduleState,
  TickClaim,
  TickMemory,
} from '../connection.ts'
import type { KeptJobs } from './kept-jobs.ts'
import type { StateFile } from './state-file.ts'

/** Runs the first attempt of a job that is kept as active under that id. */
type RunKept = (id: string, job: PushedJob) => Promise<Receipt>

/** Ticks in the state file: a cursor and the job it pushes move in one transaction. */
export class SyncTickMemory implements TickMemory {
  readonly #file: StateFile
  readonly #jobs: KeptJobs
  readonly #runKept: RunKept
  readonly #clock: Clock

  constructor(file: StateFile, jobs: KeptJobs, runKept: RunKept, clock: Clock) {
    this.#file = file
    this.#jobs = jobs
    this.#runKept = runKept
    this.#clock = clock
  }

  now(): number {
    return this.#clock.now()
  }

  async register(entries: readonly ScheduleEntry[]): Promise<ScheduleState[]> {
    const now = this.#clock.now()
    return (await this.#file.tables()).transaction().execute(async tables => {
      const states: ScheduleState[] = []
      for (const { name, definition } of entries) {
        const found = tables.selectFrom('schedules').selectAll().where('name', '=', name)
        const known = await found.executeTakeFirst()
        if (known?.definition === definition) {
          states.push({ anchor: known.anchor, cursor: known.cursor })
          continue
        }
        const anew = { definition, anchor: now, cursor: now }
        const insert = tables.insertInto('schedules').values({ name, ...anew })
        await insert.onConflict(conflict => conflict.column('name').doUpdateSet(anew)).execute()
        states.push({ anchor: now, cursor: now })
      }
      return states
    })
  }

  async claim(claim: TickClaim): Promise<ClaimAnswer> {
    const id = claim.job?.id ?? randomUUID()
    const refusal = await this.#move(claim, id)
    if (refusal) return refusal
    return { outcome: 'claimed', pushed: claim.job && this.#runKept(id, claim.job) }
  }

  async #move(claim: TickClaim, jobId: string): Promise<ClaimAnswer | undefined> {
    return (await this.#file.tables()).transaction().execute(async tables => {
      const moved = await tables
        .updateTable('schedules')
        .set({ cursor: claim.instant })
        .where('name', '=', claim.name)
        .where('definition', '=', claim.definition)
        .where('cursor', '=', claim.from)
        .executeTakeFirst()
      if (moved.numUpdatedRows > 0n) {
        if (claim.job) await this.#jobs.keepActive(tables, claim.job, jobId)
        return undefined
      }
      const found = tables.selectFrom('schedules').selectAll().where('name', '=', claim.name)
      const known = await found.executeTakeFirst()
      if (!known) return { outcome: 'forgotten' }
      if (known.definition !== claim.definition) return { outcome: 'superseded' }
      return { outcome: 'taken', cursor: known.cursor }
    })
  }
}
