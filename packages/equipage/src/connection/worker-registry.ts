/** How long a worker counts as alive after its last notice; it renews it three times as often. */
export const workerLeaseMs = 15_000

/** Where workers say that they are there and what they run, for others to read. */
export interface WorkerRegistry {
  /**
   * Puts a worker's notice up, in the place of the one before. It is gone `workerLeaseMs` later
   * unless another follows.
   * @throws E_CONNECTION_AWAY
   */
  report(report: WorkerReport): Promise<void>
  /** Takes a worker's notice down; one that is not there is fine. */
  remove(id: string): Promise<void>
  /** The notices of the workers that are alive, the one that started first in front. */
  reports(): Promise<WorkerReport[]>
}

/** What a worker says of itself. Times are epoch milliseconds of its machine's clock. */
export interface WorkerReport {
  /** Its own, new at every start. */
  readonly id: string
  /** `host:pid` */
  readonly process: string
  readonly startedAt: number
  /** When it said this. */
  readonly at: number
  readonly queues: readonly string[]
  /** Jobs of one queue at a time. */
  readonly concurrency: number
  /** How many jobs it runs. */
  readonly active: number
  /** Which: those that have run the longest first, a hundred at most. */
  readonly running: readonly RunningAttempt[]
  /** Attempts that have ended since it started. */
  readonly ended: number
  /**
   * Resident memory of its process and of the isolated processes that it has at that moment, in
   * bytes. Of these one that runs a job said so within the last second, an idle one when its last
   * job ended. One that has not said anything yet counts as nothing, and so does one that has been
   * told to end. Pages that processes share are in each one's amount.
   */
  readonly memoryBytes: number
}

/** An attempt that has begun and not ended. */
export interface RunningAttempt {
  /** The job's. */
  readonly id: string
  readonly name: string
  readonly queue: string
  /** Counted from 1. */
  readonly attempt: number
  readonly startedAt: number
}

/** The order of {@link WorkerRegistry.notices}. */
export function byStart(one: WorkerReport, other: WorkerReport): number {
  return one.startedAt - other.startedAt || (one.id < other.id ? -1 : 1)
}
