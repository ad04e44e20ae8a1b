import type { Json } from '../../core/index.ts'
import type { JobMetadata, Receipt } from '../pushing/index.ts'

/** Which job has finally ended: what follows it is found by this. */
export interface EndedJob {
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly metadata: JobMetadata
}

/**
 * How a job finally ended, in the process that ran it: with the error itself. As data that a queue
 * carries it is a `JobEnd`.
 */
export type FinalEnd =
  | { readonly state: 'completed'; readonly result: Json }
  | { readonly state: 'failed'; readonly error: Error }

/** How a run ended as a whole: that of a job with all its attempts, of a chain, of a group, of a schedule's function. */
export type RunOutcome = { readonly ok: true } | { readonly ok: false; readonly error: Error }

/** What was done after a job had finally ended. */
export interface FollowedUp {
  /** The next job of its chain or group, which was pushed. */
  readonly next?: Receipt | undefined
  /** How the run of its group ended with it, or that it goes on; left out where the run ended as the job did. */
  readonly run?: RunOutcome | 'open'
}
