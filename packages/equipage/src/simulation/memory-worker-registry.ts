import {
  byStart,
  type WorkerRegistry,
  type WorkerReport,
  workerLeaseMs,
} from '../connection/index.ts'
import type { Clock } from '../core/index.ts'

/** Notices in a Map, gone with the process. */
export class MemoryWorkerRegistry implements WorkerRegistry {
  readonly #clock: Clock
  readonly #reported = new Map<string, { report: WorkerReport; until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async report(report: WorkerReport): Promise<void> {
    this.#reported.set(report.id, { report, until: this.#clock.now() + workerLeaseMs })
  }

  async remove(id: string): Promise<void> {
    this.#reported.delete(id)
  }

  async reports(): Promise<WorkerReport[]> {
    const alive = [...this.#reported.values()].filter(({ until }) => until > this.#clock.now())
    return alive.map(({ report }) => report).sort(byStart)
  }
}
