import type { Logger } from '../../log/index.ts'
import type { JobTick, ParentMetadata, PushArguments, Pushable, Receipt } from '../pushing/index.ts'

/**
 * Where an application tells its type, so that jobs see it as `app`:
 * `declare module 'equipage' { interface Register { app: App } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it by declaration merging
export interface Register {}

/** The application's own type, as it was registered. */
export type RegisteredApp = Register extends { app: infer App } ? App : unknown

/** How far a job is: a share from 0 to 1, or counted. */
export type Progress = number | { done: number; total: number; message?: string }

/** What a job's function is given. */
export interface JobContext<Payload> {
  readonly payload: Payload
  readonly app: RegisteredApp
  /** Writes with the job's name, id, queue and attempt in every line. */
  readonly log: Logger
  /** The job's id: the same for every attempt. */
  readonly jobId: string
  /** The job's name. */
  readonly name: string
  /** The queue that the job waited in. */
  readonly queue: string
  /** Which attempt this is, counted from 1. */
  readonly attempt: number
  /** Aborted when the attempt times out and when the worker stops; hand it on to whatever waits. */
  readonly signal: AbortSignal
  /** The tick that pushed the job; undefined when no schedule did. */
  readonly tick: JobTick | undefined
  /** The job whose function pushed this one; undefined when no job's did. */
  readonly parent: ParentMetadata | undefined
  /** The tags of the job's definition and of its push. */
  readonly tags: readonly string[]
  /** Tells how far the job is. */
  progress(progress: Progress): void
  /**
   * Pushes a job that knows this one as its parent. Every attempt that comes here pushes again;
   * inside a checkpoint it is done once.
   * @throws as the queue's `push` does
   */
  push<Input, Result>(
    job: Pushable<Input, Result>,
    ...args: PushArguments<Input>
  ): Promise<Receipt<Result>>
  /**
   * Runs a part of the work, unless an earlier attempt of this job has finished it: then it gives
   * that one's result, and `part` is not called.
   * @param name its own within the job, 1 to 200 characters
   * @param part what it gives must be JSON, and is given as JSON gives it back
   * @throws E_CHECKPOINT_NAME, E_NOT_JSON; E_JOB_LOST when another worker has the job by now
   */
  checkpoint<T>(name: string, part: () => Promise<T> | T): Promise<T>
}
