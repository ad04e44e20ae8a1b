import {
  type Clock,
  EquipageError,
  isEquipageError,
  type Random,
  toError,
} from '../../core/index.ts'
import { backoffMs, type JobDefinition } from '../definitions/index.ts'
import type { Attempt, Outcome } from './attempt.ts'
import type { EndedExecution, Execution } from './execution.ts'
import { isDoNotRetry, releaseDelay } from './thrown.ts'
import { outcomeOfUnknown } from './unknown-job.ts'

export interface DecisionDependencies {
  readonly clock: Clock
  readonly random: Random
}

/** Faults that the same data and the same code would only repeat. */
const repeatedCodes: ReadonlySet<string> = new Set([
  'E_BAD_PAYLOAD',
  'E_NOT_JSON',
  'E_CHAIN_HANDOVER',
  'E_CHAIN_CHANGED',
  'E_GROUP_HANDOVER',
  'E_CHECKPOINT_NAME',
  'E_MIDDLEWARE_NEXT',
])

/** Decides how the attempt ended. */
export async function decideOutcome(
  execution: Execution,
  dependencies: DecisionDependencies,
): Promise<EndedExecution> {
  const { attempt, definition, error, result, log } = execution
  if (!definition) {
    return { ...execution, outcome: await outcomeOfUnknown(attempt, log, dependencies.clock) }
  }
  if (!error) return { ...execution, outcome: { state: 'completed', result } }
  return { ...execution, outcome: outcomeOfFailure(attempt, definition, error, dependencies) }
}

function outcomeOfFailure(
  attempt: Attempt,
  definition: JobDefinition,
  error: Error,
  { clock, random }: DecisionDependencies,
): Outcome {
  const { reason, aborted } = attempt.signal
  // Whatever a cancelled function throws, its job was cancelled.
  if (isEquipageError(reason, 'E_JOB_CANCELLED')) return { state: 'failed', error: reason }
  if (isDoNotRetry(error) || isRepeated(error)) return { state: 'failed', error }
  if (aborted) return { state: 'released', delayMs: 0, reason: toError(reason).message }
  const leftMs = timeLeftMs(attempt, definition, clock)
  if (leftMs <= 0) return { state: 'failed', error }
  const releasedMs = releaseDelay(error)
  if (releasedMs !== undefined) {
    return { state: 'released', delayMs: releasedMs, reason: error.message }
  }
  if (attempt.attempt >= attempt.attempts) return { state: 'failed', error }
  return retryOf(attempt, definition, error, leftMs, random)
}

function isRepeated(error: Error): boolean {
  return error instanceof EquipageError && repeatedCodes.has(error.code)
}

/** How much time is left for further attempts, in milliseconds: 0 or less when it is over. */
function timeLeftMs({ pushedAt }: Attempt, { retryUntilMs }: JobDefinition, clock: Clock): number {
  if (retryUntilMs === null) return Number.POSITIVE_INFINITY
  return pushedAt + retryUntilMs - clock.now()
}

function retryOf(
  { attempt }: Attempt,
  { name, backoff }: JobDefinition,
  error: Error,
  leftMs: number,
  random: Random,
): Outcome {
  try {
    const waitMs = backoffMs(backoff, { job: name, attempt, error }, random)
    // The last attempt is made when the time is over, not long after it.
    return { state: 'retrying', error, delayMs: Math.min(waitMs, leftMs) }
  } catch (thrown) {
    return { state: 'failed', error: toError(thrown) }
  }
}
