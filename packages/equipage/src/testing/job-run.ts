import type { Json } from '../core/index.ts'
import type { JobTick, Outcome, Progress } from '../job/index.ts'
import type { LogLine } from './captured-log.ts'
import type { Pushed } from './pushed.ts'

/** How an attempt ended. */
export interface RunEnd<Result = unknown> {
  /**
   * `failed`: for good. `retrying`: another attempt would follow. `released`: the attempt did not
   * count, and the job would run again.
   */
  readonly outcome: Outcome['state']
  /** What it returned, as JSON gives it back, when `completed`. */
  readonly result?: Result
  /** Why, when `failed` or `retrying`. */
  readonly error?: Error
  /** Why, when `released`. */
  readonly reason?: string
  /** How long the job would wait for its next attempt, in milliseconds, when `retrying` or `released`. */
  readonly delayMs?: number
}

/** How one attempt of a job went. */
export interface JobRun<Result = unknown> extends RunEnd<Result> {
  /** The job's name. */
  readonly job: string
  /** As JSON carries it, before the job's schema reads it again. */
  readonly payload: Json
  /** The progress that the job reported. */
  readonly progress: readonly Progress[]
  /** What was written to the job's log, by the job and by the framework. */
  readonly log: readonly LogLine[]
  /** What was pushed in its course, by the job and by what it called. */
  readonly pushed: readonly Pushed[]
  /** Results of the parts that are finished, by name; those that were given among them. */
  readonly checkpoints: Readonly<Record<string, Json>>
}

/** How a chain went: as far as its jobs completed, each with its first attempt. Its end is that of the last one that ran. */
export interface ChainRun<Result = unknown> extends RunEnd<Result> {
  /** The jobs that ran, in their order. */
  readonly links: readonly JobRun[]
  /** What they pushed, in that order; the chain's own jobs are not among it. */
  readonly pushed: readonly Pushed[]
}

/** How a group went, each of its jobs with its first attempt. */
export interface GroupRun<Result = unknown> extends RunEnd<Result> {
  /** The job that made the members' payloads. */
  readonly fanOut: JobRun
  /** The members that ran, by their keys, in the order of their payloads. */
  readonly members: Readonly<Record<string, readonly JobRun[]>>
  /** The last job, where it ran. */
  readonly finally?: JobRun
  /** What they pushed, in that order; the group's own jobs are not among it. */
  readonly pushed: readonly Pushed[]
}

/** The tick that a job is to believe it was pushed for: on time, and the first one, where nothing else is said. */
export type GivenTick = Pick<JobTick, 'schedule' | 'scheduledFor'> & Partial<JobTick>

/** The circumstances of the run of a chain or a group. */
export interface RunChainOptions {
  tick?: GivenTick
  /** Aborted as by a worker that has to stop: the job is released. */
  signal?: AbortSignal
}

/** The circumstances of one attempt. */
export interface RunJobOptions extends RunChainOptions {
  /** Which attempt it is, counted from 1; 1 when left out. */
  attempt?: number
  /** How many there may be in all; as the job's definition says when left out. */
  attempts?: number
  /** When the job was pushed, for `retryUntil`; now when left out. */
  pushedAt?: Date
  /** Results of the parts that earlier attempts have finished, by name. */
  checkpoints?: Readonly<Record<string, unknown>>
}

export function endOf(ended: Outcome): RunEnd {
  switch (ended.state) {
    case 'completed':
      return { outcome: ended.state, result: ended.result }
    case 'failed':
      return { outcome: ended.state, error: ended.error }
    case 'retrying':
      return { outcome: ended.state, error: ended.error, delayMs: ended.delayMs }
    case 'released':
      return { outcome: ended.state, reason: ended.reason, delayMs: ended.delayMs }
  }
}
