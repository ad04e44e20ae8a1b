import type { Clock } from '../../core/index.ts'
import { byStart, type WorkerBoard, type WorkerNotice, workerLeaseMs } from '../worker-board.ts'
import type { StateFile } from './state/index.ts'

/** Notices in the state file, for the processes of one machine. */
export class SyncWorkerBoard implements WorkerBoard {
  readonly #file: StateFile
  readonly #clock: Clock

  constructor(file: StateFile, clock: Clock) {
    this.#file = file
    this.#clock = clock
  }

  async post(notice: WorkerNotice): Promise<void> {
    const tables = await this.#file.tables()
    const now = this.#clock.now()
    await tables.deleteFrom('workers').where('alive_until', '<=', now).execute()
    const row = {
      id: notice.id,
      notice: JSON.stringify(notice),
      alive_until: now + workerLeaseMs,
    }
    await tables.replaceInto('workers').values(row).execute()
  }

  async remove(id: string): Promise<void> {
    await (await this.#file.tables()).deleteFrom('workers').where('id', '=', id).execute()
  }

  async notices(): Promise<WorkerNotice[]> {
    const tables = await this.#file.toRead()
    const alive = tables.selectFrom('workers').where('alive_until', '>', this.#clock.now())
    const rows = await alive.select('notice').execute()
    return rows.map(({ notice }) => JSON.parse(notice) as WorkerNotice).sort(byStart)
  }
}
