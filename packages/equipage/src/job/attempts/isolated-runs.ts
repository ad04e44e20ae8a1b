import type { Logger } from '../../log/index.ts'
import type { Isolation, Progress } from '../definitions/index.ts'
import type { Pushable, PushOptions, Receipt } from '../pushing/index.ts'
import type { Attempt } from './attempt.ts'

/** An attempt whose function is to run in a process of its own, and what it asks of this one. */
export interface IsolatedCall {
  /** Its checkpoints stay where the attempt is. */
  readonly attempt: Attempt
  readonly isolation: Isolation
  /** Aborted when the attempt is over, whatever the function does. */
  readonly signal: AbortSignal
  readonly log: Logger
  progress(progress: Progress): void
  /** Pushes a child of the job. */
  push(job: Pushable, payload: unknown, options: PushOptions | undefined): Promise<Receipt>
}

/** Runs functions of isolated jobs, with their middleware, in processes of their own. */
export interface IsolatedRuns {
  /**
   * @returns what came out, as JSON carries it; settles when the function has ended, or its process
   * @throws what the function threw; E_ISOLATED_DIED, E_ISOLATED_START
   */
  run(call: IsolatedCall): Promise<unknown>
}
