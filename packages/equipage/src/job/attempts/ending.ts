import { type Clock, type EventSink, toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { EndEvent, JobEvents } from '../definitions/index.ts'
import type { FollowUps } from '../following/index.ts'
import type { Outcome } from './attempt.ts'
import { type DecisionDependencies, decideOutcome } from './decide-outcome.ts'
import type { EndedExecution } from './execution.ts'
import { notifyEnd, type TickRuns } from './tick-runs.ts'

export interface EndingDependencies extends DecisionDependencies {
  readonly events?: EventSink<JobEvents>
  readonly followUps: FollowUps
  /** Notified of the runs that ticks began; left out, nobody is. */
  readonly tickRuns?: TickRuns
}

/** Logs how the work ended. What became of an unknown job was logged with the decision. */
export function logOutcome(
  { definition, outcome, log, startedAt }: EndedExecution,
  { clock }: { readonly clock: Clock },
): void {
  if (definition) writeOutcome(log, outcome, Math.round(clock.monotonic() - startedAt))
}

function writeOutcome(log: Logger, outcome: Outcome, durationMs: number): void {
  const fields = { outcome: outcome.state, durationMs }
  switch (outcome.state) {
    case 'completed':
      log.info(fields, 'job completed')
      break
    case 'failed':
      log.error({ ...fields, err: outcome.error }, 'job failed')
      break
    case 'retrying': {
      const { error: err, delayMs: retryInMs } = outcome
      log.warn({ ...fields, retryInMs, err }, 'job failed, to be retried')
      break
    }
    case 'released': {
      const { reason, delayMs } = outcome
      const text = delayMs > 0 ? 'job released, to run again later' : 'job handed back'
      log.info({ ...fields, reason, delayMs }, text)
    }
  }
}

/**
 * Does what follows a job that has finally ended, before the connection marks it as ended. Where
 * that fails behind a completed job, the attempt has failed after all.
 */
export async function followUp(
  execution: EndedExecution,
  dependencies: EndingDependencies,
): Promise<EndedExecution> {
  const { attempt, registry, outcome, log } = execution
  const { followUps } = dependencies
  if (outcome.state === 'failed') {
    const followed = await followUps.afterFailure(outcome.error, attempt, registry)
    return { ...execution, outcome: { ...outcome, ...followed } }
  }
  if (outcome.state !== 'completed') return execution
  try {
    const { result } = outcome
    const followed = await followUps.afterCompletion(result, execution.followUp, attempt, registry)
    return { ...execution, outcome: { ...outcome, ...followed } }
  } catch (thrown) {
    const error = toError(thrown)
    log.error({ err: error }, 'what follows the job could not be pushed')
    return followUp(await decideOutcome({ ...execution, error }, dependencies), dependencies)
  }
}

/** Notifies whoever follows the ticks, where a run that one began has ended with this attempt. */
export async function notifyTickRuns(
  { attempt, outcome, log }: EndedExecution,
  { tickRuns }: Pick<EndingDependencies, 'tickRuns'>,
): Promise<void> {
  await notifyEnd(tickRuns, attempt, outcome, log, attempt.signal)
}

/** Emits how the attempt ended, to whoever listens. */
export function emitOutcome(
  { attempt, outcome, receivedAt }: EndedExecution,
  { events, clock }: Pick<EndingDependencies, 'events' | 'clock'>,
): void {
  if (!events) return
  const { id, name, queue } = attempt
  const durationMs = Math.round(clock.monotonic() - receivedAt)
  const end: EndEvent = { id, name, queue, attempt: attempt.attempt, durationMs }
  switch (outcome.state) {
    case 'completed': {
      const { result } = outcome
      events.emit('job:completed', () => ({ ...end, result }))
      break
    }
    case 'failed': {
      const { error } = outcome
      events.emit('job:failed', () => ({ ...end, error }))
      break
    }
    case 'retrying': {
      const { error, delayMs } = outcome
      events.emit('job:retrying', () => ({ ...end, error, delayMs }))
      break
    }
    case 'released': {
      const { reason, delayMs } = outcome
      events.emit('job:released', () => ({ ...end, reason, delayMs }))
    }
  }
}
