/** What every job carries: when it was pushed, milliseconds by `performance.now()`. */
export interface Payload {
  readonly at: number
}

/** A queue library under measurement, used as its documentation says. */
export interface Subject {
  /** Resolves when the job is in Redis. */
  push(payload: Payload): Promise<unknown>
  /** The same for many at once, in the way that the library has for it. */
  pushMany(payloads: readonly Payload[]): Promise<unknown>
  /** Runs jobs of its own queue, each of which calls `ran` and does nothing else; resolves when it takes jobs. */
  work(concurrency: number, ran: (payload: Payload) => void): Promise<unknown>
  close(): Promise<unknown>
}

/** Finished jobs are kept alike by all that can be told: the framework's own defaults. */
export const keptCompleted = { ageSeconds: 86_400, count: 1_000 }
