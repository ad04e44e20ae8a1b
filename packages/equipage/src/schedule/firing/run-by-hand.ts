import { dayOf, isoDate, zoneNamed } from '../timing/index.ts'
import type { PushOf, Schedule, TickContext } from '../writing/index.ts'

/**
 * Does now what a schedule does at a tick, whatever its conditions and policies say. It is no
 * tick: nothing is claimed or recorded, and no tick is held up by it.
 * @param push carries the job of a schedule that pushes
 * @returns what the function or the push answered
 * @throws what the function, the payload or the push throws
 */
export async function runByHand<App>(
  schedule: Schedule<App>,
  dependencies: { app: App; now: number; push: PushOf<App> },
): Promise<unknown> {
  const { now } = dependencies
  const tick: TickContext<App> = {
    app: dependencies.app,
    schedule: schedule.name ?? schedule.words,
    scheduledFor: new Date(now),
    previous: null,
    lagMs: 0,
    misfire: false,
    date: isoDate(dayOf(zoneNamed(schedule.zone, 'run').localAt(now))),
    signal: new AbortController().signal,
  }
  const { action } = schedule
  if (action.kind === 'call') return action.call(tick)
  return dependencies.push(action.job, await action.payload(tick), tick)
}
