import { toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { EndedJob, RunOutcome } from '../following/index.ts'
import type { Attempt, Outcome } from './attempt.ts'

/**
 * Is notified of the runs that ticks began: a pushed job with all its attempts, a chain or a group
 * with all its jobs. Each begin and end is notified at least once: an attempt that did not count is
 * made again, and a worker may die after the end and before the connection has it. What it throws
 * is logged and changes nothing.
 */
export interface TickRuns {
  /** The first attempt of the run (of a chain's first job, or of the one that fans out a group) is about to start; it waits for this. */
  began(attempt: Attempt): Promise<void>
  /** The run has finally ended: completed, a chain or group with its last job; or a job failed for good that nothing follows. */
  ended(job: EndedJob & Pick<Attempt, 'signal'>, outcome: RunOutcome): Promise<void>
}

/**
 * Notifies of a run's begin, where this attempt is one. An attempt that was handed back did not
 * count: the next one begins the run anew.
 * @returns undefined where there is nothing to notify of
 */
export function notifyBegin(
  runs: TickRuns | undefined,
  attempt: Attempt,
  log: Logger,
): Promise<void> | undefined {
  const { tick, chain, group } = attempt.metadata
  if (!runs || !tick || attempt.attempt > 1) return undefined
  if ((chain && chain.link > 0) || group?.index !== undefined) return undefined
  return untilNotified(() => runs.began(attempt), attempt.signal, log)
}

/** Notifies of a run's end, where this outcome is one: neither an attempt nor a job of its chain follows. */
export async function notifyEnd(
  runs: TickRuns | undefined,
  { id, name, queue, metadata }: EndedJob,
  outcome: Outcome,
  log: Logger,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const end = endOfRun(outcome)
  if (!runs || !metadata.tick || !end) return
  await untilNotified(() => runs.ended({ id, name, queue, metadata, signal }, end), signal, log)
}

function endOfRun(outcome: Outcome): RunOutcome | undefined {
  if (outcome.state === 'retrying' || outcome.state === 'released') return undefined
  if (outcome.run) return outcome.run === 'open' ? undefined : outcome.run
  if (outcome.next) return undefined
  return outcome.state === 'failed' ? { ok: false, error: outcome.error } : { ok: true }
}

/** Waits until the notification has ended, or the signal is aborted; it never rejects. */
async function untilNotified(
  notify: () => Promise<void>,
  signal: AbortSignal,
  log: Logger,
): Promise<void> {
  const notified = (async () => notify())().catch(thrown =>
    log.error({ err: toError(thrown) }, 'could not notify the schedule of this run'),
  )
  const { promise: aborted, resolve } = Promise.withResolvers<void>()
  const abort = () => resolve()
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  await Promise.race([notified, aborted])
  signal.removeEventListener('abort', abort)
}
