import type { Progress } from '../definitions/index.ts'
import type { FinalEnd, FollowedUp } from '../following/index.ts'
import type { JobMetadata } from '../pushing/index.ts'
import type { Checkpoints } from './checkpoints.ts'

/** One attempt, as a connection hands it over. */
export interface Attempt {
  readonly id: string
  readonly name: string
  readonly queue: string
  /** What the queue carried: anything at all, since others can write to it. */
  readonly data: unknown
  /** Counted from 1. */
  readonly attempt: number
  /** How many there may be in all. */
  readonly attempts: number
  /** How often the job was started, this time and those that did not count included. */
  readonly starts: number
  /** When it was pushed, epoch milliseconds by the clock of the pusher. */
  readonly pushedAt: number
  readonly metadata: JobMetadata
  /** Aborted when the job was cancelled, when its worker stops, and when another worker has it. */
  readonly signal: AbortSignal
  readonly checkpoints: Checkpoints
  /** Makes the progress known to others, where the connection can. */
  report(progress: Progress): void
}

/** How an attempt ended, and so what the connection has to do with the job. */
export type Outcome =
  /** The job has finally ended: no attempt follows, though its chain or group may go on. */
  | (FinalEnd & FollowedUp)
  | { readonly state: 'retrying'; readonly error: Error; readonly delayMs: number }
  /** The job goes back to its queue as it was: this attempt does not count. */
  | { readonly state: 'released'; readonly delayMs: number; readonly reason: string }
