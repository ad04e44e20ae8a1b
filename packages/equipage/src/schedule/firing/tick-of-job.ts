import type { JobTick } from '../../job/index.ts'
import { dayOf, isoDate, zoneNamed } from '../timing/index.ts'
import type { Schedule, TickContext } from '../writing/index.ts'

/**
 * What a hook is told of the tick behind a job, as its schedule's scheduler would have told it.
 * @param signal of the attempt that is made
 */
export function tickOfJob<App>(
  schedule: Schedule<App>,
  tick: JobTick,
  { app, signal }: Pick<TickContext<App>, 'app' | 'signal'>,
): TickContext<App> {
  const local = zoneNamed(schedule.zone, 'tick').localAt(tick.scheduledFor.getTime())
  return { ...tick, app, signal, date: isoDate(dayOf(local)) }
}
