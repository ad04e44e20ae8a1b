import { byStart, type WorkerBoard, type WorkerNotice, workerLeaseMs } from '../connection/index.ts'
import type { Clock } from '../core/index.ts'

/** Notices in a Map, gone with the process. */
export class MemoryWorkerBoard implements WorkerBoard {
  readonly #clock: Clock
  readonly #posted = new Map<string, { notice: WorkerNotice; until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async post(notice: WorkerNotice): Promise<void> {
    this.#posted.set(notice.id, { notice, until: this.#clock.now() + workerLeaseMs })
  }

  async remove(id: string): Promise<void> {
    this.#posted.delete(id)
  }

  async notices(): Promise<WorkerNotice[]> {
    const alive = [...this.#posted.values()].filter(({ until }) => until > this.#clock.now())
    return alive.map(({ notice }) => notice).sort(byStart)
  }
}
