import type { EventSink } from '../../core/index.ts'
import type { EndEvent, JobEvents } from '../definitions/index.ts'
import type { Attempt, Outcome } from './attempt.ts'

/** Tells of how an attempt ended, where anybody listens. */
export function emitOutcome(
  events: EventSink<JobEvents> | undefined,
  { id, name, queue, attempt }: Attempt,
  outcome: Outcome,
  durationMs: number,
): void {
  if (!events) return
  const end: EndEvent = { id, name, queue, attempt, durationMs }
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
