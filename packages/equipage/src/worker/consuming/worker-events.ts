/** Why a worker has nothing more to do: its limits, or an empty queue. */
export type WorkerEnd = 'jobs' | 'memory' | 'empty'

/** Which worker an event tells of. */
export interface WorkerEvent {
  /** Its id on the board of workers. */
  readonly id: string
  /** Host and process id. */
  readonly process: string
  readonly queues: readonly string[]
}

/** What is told of a worker, by name, in its own process. */
export interface WorkerEvents {
  /** It consumes its queues. `concurrency` is how many jobs of each it runs at a time. */
  'worker:started': WorkerEvent & { readonly concurrency: number }
  /** It takes no more jobs. `why`: the limit that it has reached, or `told`; its jobs have `graceMs` to end. */
  'worker:stopping': WorkerEvent & { readonly why: WorkerEnd | 'told'; readonly graceMs: number }
  /** None of its jobs runs any more, or none is waited for; `handedBack` of them had to go back. */
  'worker:stopped': WorkerEvent & { readonly handedBack: number }
}
