import type { EventSink } from '../core/events.ts'
import type { JobEvents } from './job-events.ts'
import type { PushedJob, Receipt } from './pushed-job.ts'

/** Tells that a connection has taken a job; of a push that was refused there is nothing to tell. */
export function tellPushed(
  events: EventSink<JobEvents> | undefined,
  { name, delayMs }: PushedJob,
  { id, queue, state }: Receipt,
): void {
  if (state !== 'refused') events?.emit('job:pushed', () => ({ id, name, queue, delayMs }))
}
