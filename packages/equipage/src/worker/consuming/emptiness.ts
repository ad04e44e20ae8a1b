import type { Consumer } from '../../connection/index.ts'
import { type Clock, wait } from '../../core/index.ts'
import type { RunningJobs } from './running-jobs.ts'

const lookEveryMs = 250

/**
 * Resolves when nothing waits, is due or runs here, or the signal aborts. It takes two looks in a
 * row between which no job began: one may be on its way from the queue at the first of them.
 */
export async function untilEmpty(
  consumer: Consumer,
  running: RunningJobs,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let emptyAt: number | undefined
  while (!signal.aborted) {
    const { begun } = running
    const empty = running.count === 0 && (await consumer.isIdle().catch(() => false))
    if (empty && emptyAt === running.begun) return
    emptyAt = empty ? begun : undefined
    await wait(clock, lookEveryMs, signal)
  }
}
