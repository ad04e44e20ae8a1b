import { type Clock, EquipageError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { Attempt, Outcome } from './attempt.ts'
import type { Checkpoints } from './checkpoints.ts'

/** How long a job of an unknown name waits for a newer deployment, and how often it is tried. */
const patienceMs = 600_000
const pauseMs = 10_000

/** Since when the job waits, and the start that saw it last. */
type FirstLook = readonly [since: number, starts: number]

const firstLookName = 'first look'

/**
 * A job that this deployment does not know: it is released for ten minutes in all, since a newer
 * deployment may be on its way, and then fails.
 */
export async function outcomeOfUnknown(
  attempt: Attempt,
  log: Logger,
  clock: Clock,
): Promise<Outcome> {
  const waitedMs = await waitedSoFar(attempt, log, clock)
  if (waitedMs < patienceMs) {
    const reason = 'no job of that name in this deployment; it waits for a newer one'
    log.warn({ waitedMs }, reason)
    return { state: 'released', delayMs: pauseMs, reason }
  }
  const error = new EquipageError('E_JOB_NOT_HERE', { job: attempt.name, waitedMs })
  log.error({ outcome: 'failed', err: error }, 'job failed')
  return { state: 'failed', error }
}

async function waitedSoFar(attempt: Attempt, log: Logger, clock: Clock): Promise<number> {
  try {
    return await waitedForDeployment(attempt, clock.now())
  } catch (err) {
    log.warn({ err }, 'could not read how long the job has waited for a newer deployment')
    return 0
  }
}

/**
 * How long a job has waited for a deployment that knows its name, in milliseconds: since the first
 * of the starts that came one right after the other, by the clocks of the workers.
 */
async function waitedForDeployment(
  attempt: { readonly starts: number; readonly checkpoints: Checkpoints },
  now: number,
): Promise<number> {
  const seen = readFirstLook(await attempt.checkpoints.load(firstLookName))
  const since = seen?.[1] === attempt.starts - 1 ? seen[0] : now
  const mark: FirstLook = [since, attempt.starts]
  await attempt.checkpoints.save(firstLookName, JSON.stringify(mark))
  return Math.max(0, now - since)
}

function readFirstLook(stored: string | undefined): FirstLook | undefined {
  const [, since, starts] = stored?.match(/^\[(\d+),(\d+)\]$/) ?? []
  return since === undefined ? undefined : [Number(since), Number(starts)]
}
