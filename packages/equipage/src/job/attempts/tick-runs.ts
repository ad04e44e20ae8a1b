import { toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { Attempt, EndedJob, Outcome, RunOutcome } from './attempt.ts'

/**
 * Is told of the runs that ticks began: a pushed job with all its attempts, a chain or a
 * group with all its jobs. It is told at least once, since an attempt that did not count is made again, and a worker
 * may die between the end and its being written down. What it throws changes nothing.
 */
export interface TickRuns {
  /** The first attempt of the run, of a chain's first job or of the one that spreads a group, is about to start; it waits for this. */
  began(attempt: Attempt): Promise<void>
  /** The run has finally ended: completed, a chain or group with its last job; or a job failed for good that nothing follows. */
  ended(job: EndedJob & Pick<Attempt, 'signal'>, outcome: RunOutcome): Promise<void>
}

/**
 * Tells of a run's begin, where this attempt is one. A handed back attempt did not count, and begins anew.
 * @returns undefined where there is nothing to tell
 */
export function emitBegin(
  runs: TickRuns | undefined,
  attempt: Attempt,
  log: Logger,
): Promise<void> | undefined {
  const { tick, chain, group } = attempt.metadata
  if (!runs || !tick || attempt.attempt > 1) return undefined
  if ((chain && chain.link > 0) || group?.index !== undefined) return undefined
  return told(() => runs.began(attempt), attempt.signal, log)
}

/** Tells of a run's end, where this outcome is one: neither an attempt nor a job of its chain follows. */
export async function emitEnd(
  runs: TickRuns | undefined,
  { id, name, queue, metadata }: EndedJob,
  outcome: Outcome,
  log: Logger,
  signal = new AbortController().signal,
): Promise<void> {
  const end = endOfRun(outcome)
  if (runs && metadata.tick && end)
    await told(() => runs.ended({ id, name, queue, metadata, signal }, end), signal, log)
}

function endOfRun(outcome: Outcome): RunOutcome | undefined {
  if (outcome.state === 'retrying' || outcome.state === 'released') return undefined
  if (outcome.run) return outcome.run === 'open' ? undefined : outcome.run
  if (outcome.next) return undefined
  return outcome.state === 'failed' ? { ok: false, error: outcome.error } : { ok: true }
}

/** Waits until somebody was told, or the worker has to let go of the job. */
async function told(tell: () => Promise<void>, signal: AbortSignal, log: Logger): Promise<void> {
  const telling = (async () => tell())().catch(thrown =>
    log.error({ err: toError(thrown) }, 'the run of a tick could not be followed'),
  )
  const { promise: letGo, resolve } = Promise.withResolvers<void>()
  const abort = () => resolve()
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  await Promise.race([telling, letGo])
  signal.removeEventListener('abort', abort)
}
