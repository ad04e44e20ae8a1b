import type { Checkpoints } from './checkpoints.ts'

/** How long a job of an unknown name waits for a newer release, and how often it is looked at. */
export const unknownJobPatienceMs = 600_000
export const unknownJobPauseMs = 10_000

/** Since when the job waits, and the start that looked at it last. */
type FirstLook = readonly [since: number, starts: number]

const firstLookName = 'first look'

/**
 * How long a job has waited for a release that knows its name, in milliseconds: since the first of
 * the looks that came one right after the other, by the clocks of those who looked.
 */
export async function waitedForDeployment(
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
