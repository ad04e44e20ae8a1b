import type { Clock } from '../../core/index.ts'
import {
  byStart,
  type WorkerRegistry,
  type WorkerReport,
  workerLeaseMs,
} from '../worker-registry.ts'
import type { StateFile } from './state/index.ts'

/** Notices in the state file, for the processes of one machine. */
export class SyncWorkerRegistry implements WorkerRegistry {
  readonly #file: StateFile
  readonly #clock: Clock

  constructor(file: StateFile, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  async report(report: WorkerReport): Promise<void> {
    const tables = await this.#file.tables()
    const now = this.#clock.now()
    await tables.deleteFrom('workers').where('alive_until', '<=', now).execute()
    const row = {
      id: report.id,
      report: JSON.stringify(report),
      alive_until: now + workerLeaseMs,
    }
    await tables.replaceInto('workers').values(row).execute()
  }

  async remove(id: string): Promise<void> {
    await (await this.#file.tables()).deleteFrom('workers').where('id', '=', id).execute()
  }

  async reports(): Promise<WorkerReport[]> {
    const tables = await this.#file.toRead()
    const alive = tables.selectFrom('workers').where('alive_until', '>', this.#clock.now())
    const rows = await alive.select('report').execute()
    return rows.map(({ report }) => JSON.parse(report) as WorkerReport).sort(byStart)
  }
}
