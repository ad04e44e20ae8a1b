import type { EventSink } from '../../core/index.ts'
import type { SkipReason } from '../writing/index.ts'

/** Which tick an event tells of. */
export interface TickEvent {
  /** The schedule's name. */
  readonly schedule: string
  /** Its planned instant; of several in a row that share a fate, the last one's. */
  readonly scheduledFor: Date
}

/** One tick, or several in a row that share a fate. */
export interface DroppedEvent extends TickEvent {
  /** The first of them; that tick itself when it is one. */
  readonly first: Date
  /** 1 or more. */
  readonly count: number
}

/**
 * What is told of ticks, by name, in the process that decided them: after it is on record, and so
 * by one process alone.
 */
export interface TickEvents {
  /** Its job was pushed, or its function begins. */
  'tick:fired': TickEvent & {
    /** How late it was, in milliseconds. */
    readonly lagMs: number
    /** Late, and made up for by the misfire policy. */
    readonly misfire: boolean
    /** The name of the pushed job or chain; null for a function. */
    readonly job: string | null
  }
  'tick:skipped': DroppedEvent & { readonly reason: SkipReason }
  /** Dropped by the misfire policy. */
  'tick:missed': DroppedEvent
  /**
   * Its job could not be made, or its function threw (`error`), which was told of as fired before;
   * or the function's process is gone (`interrupted`, without an error), as another one found out.
   */
  'tick:failed': TickEvent & {
    readonly reason: 'error' | 'interrupted'
    readonly error: Error | null
  }
}

type Sink = EventSink<TickEvents> | undefined

/** Tells of ticks that were skipped, or missed, `reason` being that of a skip. */
export function emitDropped(
  events: Sink,
  ticks: { schedule: string; first: number; last: number; count: number },
  reason: SkipReason | 'missed',
): void {
  const event = (): DroppedEvent => {
    const { schedule, first, last, count } = ticks
    return { schedule, scheduledFor: new Date(last), first: new Date(first), count }
  }
  if (reason === 'missed') events?.emit('tick:missed', event)
  else events?.emit('tick:skipped', () => ({ ...event(), reason }))
}

/** @param error null for a function whose process is gone */
export function emitFailed(
  events: Sink,
  { schedule, scheduledFor }: TickEvent,
  error: Error | null,
): void {
  const reason = error ? 'error' : 'interrupted'
  events?.emit('tick:failed', () => ({ schedule, scheduledFor, reason, error }))
}
