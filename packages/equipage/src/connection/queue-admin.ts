import type { JobMetadata } from '../job/index.ts'

/** Where a job stands. A job between two attempts is delayed, or waiting once it is due. */
export type JobState = 'waiting' | 'delayed' | 'active' | 'completed' | 'failed'

/** Every state, in the order in which a reader looks for trouble. */
export const jobStates: readonly JobState[] = [
  'active',
  'waiting',
  'delayed',
  'failed',
  'completed',
]

/** A job as its queue holds it. Times are epoch milliseconds. */
export interface StoredJob {
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly state: JobState
  /** The payload: anything at all, since others can write to a queue. */
  readonly data: unknown
  /** What the framework added: its tick, its place in a chain. */
  readonly metadata: JobMetadata
  /** Attempts that have ended and count; the one that runs is not among them. */
  readonly attemptsMade: number
  readonly attempts: number
  /** 0 (first) to 2097151. */
  readonly priority: number
  /** What it told last of how far it is; null when it told nothing. */
  readonly progress: unknown
  /** What it returned, when completed; else null. */
  readonly result: unknown
  /** How its last failed attempt ended; null when none failed. */
  readonly error: { readonly message: string; readonly stack: string | null } | null
  readonly pushedAt: number
  /** From when it may run; null unless it is delayed. */
  readonly dueAt: number | null
  /** When its last attempt began; null before the first. */
  readonly startedAt: number | null
  /** When it completed, or failed for good. */
  readonly endedAt: number | null
  /** Host and process id of who works on it, or did last; null when that is not known. */
  readonly worker: string | null
}

export interface JobQuery {
  readonly queue: string
  readonly state: JobState
  /** How many of the newest are passed over, 0 or more. */
  readonly offset: number
  /** How many at most, 1 or more. */
  readonly limit: number
}

/**
 * What became of a cancellation: the job was `removed` before it ran; the process that runs it is
 * told to abort its signal (`aborting`); it had `ended` already; or it is `missing`.
 */
export type Cancellation = 'removed' | 'aborting' | 'ended' | 'missing'

/**
 * What became of a retry: the job is `missing` when it has not failed, or is not there; another job
 * of the same key may be in its way, by its id.
 */
export type Retrial = 'retried' | 'missing' | { readonly conflictingId: string }

/** How many jobs a queue was cleared of. */
export interface Cleared {
  readonly waiting: number
  readonly delayed: number
}

/**
 * Looks after the jobs that queues hold, whoever pushed them.
 *
 * A connection that runs jobs inline knows those that it keeps: delayed ones, further attempts,
 * jobs of ticks, of paused queues, and failed ones. Any other runs in the process that pushed it,
 * which alone finds and cancels it; it is in no list. `completed` is empty where completed jobs
 * are not kept.
 *
 * Every call throws E_CONNECTION_AWAY when the far side cannot be reached.
 */
export interface QueueAdmin {
  /** Whether there is anything of a queue: a job, or a pause. */
  holds(queue: string): Promise<boolean>
  /**
   * Jobs in one state, the newest first: by when they were pushed (`waiting`), are due (`delayed`),
   * began (`active`) or ended. Those that wait with a priority come after those without.
   */
  list(query: JobQuery): Promise<StoredJob[]>
  /** The job of that id; undefined when the queue has none. */
  find(queue: string, id: string): Promise<StoredJob | undefined>
  /** Lets a failed job wait again, at once, with all its attempts. */
  retry(queue: string, id: string): Promise<Retrial>
  /**
   * The same for every job of a queue that has failed so far.
   * @returns how many wait again
   */
  retryAll(queue: string): Promise<number>
  /**
   * Removes a job that does not run.
   * @returns false when it runs, or is not there
   */
  forget(queue: string, id: string): Promise<boolean>
  /** Removes the jobs that wait or are delayed; not those that run, have completed or have failed. */
  clear(queue: string): Promise<Cleared>
  /**
   * Pauses a queue, or lets it go on: no job of it is begun, in any process, also after a restart.
   * Jobs that run go on, and pushes are kept.
   * @returns false when it was so already
   */
  setPaused(queue: string, paused: boolean): Promise<boolean>
  /** Which of these queues are paused, in their order. */
  paused(queues: readonly string[]): Promise<boolean[]>
  /**
   * Cancels a job: one that runs has its signal aborted within two seconds, in whatever process
   * runs it, and fails with E_JOB_CANCELLED, whatever attempts are left.
   */
  cancel(queue: string, id: string): Promise<Cancellation>
}
