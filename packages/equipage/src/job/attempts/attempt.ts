import type { Json } from '../../core/index.ts'
import type { Progress } from '../definitions/index.ts'
import type { JobMetadata, Receipt } from '../pushing/index.ts'
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
  /** How often the job was begun, this time and those that did not count included. */
  readonly starts: number
  /** When it was pushed, epoch milliseconds by the clock of the pusher. */
  readonly pushedAt: number
  readonly metadata: JobMetadata
  /** Aborted when the worker has to let go of the job. */
  readonly signal: AbortSignal
  readonly checkpoints: Checkpoints
  /** Makes the progress known to others, where the connection can. */
  report(progress: Progress): void
}

/** How an attempt ended, and so what the connection has to do with the job. */
export type Outcome =
  | {
      state: 'completed'
      result: Json
      next: Receipt | undefined
      /** What becomes of the run of its group; left out where it ends as the job does. */
      run?: RunOutcome | 'open'
    }
  | { state: 'retrying'; error: Error; delayMs: number }
  /** For good; `next` when its chain or group goes on all the same. */
  | { state: 'failed'; error: Error; next?: Receipt | undefined; run?: RunOutcome | 'open' }
  /** The job goes back to its queue as it was: this attempt does not count. */
  | { state: 'released'; delayMs: number; reason: string }

/** How a run that a tick began ended in the end. */
export type RunOutcome = { readonly ok: true } | { readonly ok: false; readonly error: Error }

/** A job that has finally ended, as far as what follows it is concerned. */
export type EndedJob = Pick<Attempt, 'id' | 'name' | 'queue' | 'metadata'>
