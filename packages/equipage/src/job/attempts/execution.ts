import type { Json } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { JobDefinition, JobRegistry } from '../definitions/index.ts'
import type { FollowUp } from '../following/index.ts'
import type { Attempt, Outcome } from './attempt.ts'

/** One attempt on its way through the pipeline. A stage gives it back with what it has found out. */
export interface Execution {
  readonly attempt: Attempt
  readonly registry: JobRegistry
  /** Undefined when this deployment has no job of that name: none of the work is done then. */
  readonly definition: JobDefinition | undefined
  /** Writes with the job's name, id, queue and attempt in every line. */
  readonly log: Logger
  /** When the connection handed the attempt over, by the monotonic clock. */
  readonly receivedAt: number
  /** When its work began, by the monotonic clock. */
  readonly startedAt: number
  /** As the job's schema read it. */
  readonly payload: unknown
  /** What came out of the job's function and its middleware, as it is. */
  readonly returned: unknown
  /** The same as JSON; of a job that fans out a group, how many members it has. */
  readonly result: Json
  readonly followUp: FollowUp
  /** What a stage of the work threw. */
  readonly error: Error | undefined
}

/** An attempt of a job that is defined here. */
export type KnownExecution = Execution & { readonly definition: JobDefinition }

/** An attempt whose outcome is decided. */
export type EndedExecution = Execution & { readonly outcome: Outcome }
