import type { EventSink, Json } from '../../core/index.ts'
import type { PushedJob, Receipt } from '../pushing/index.ts'
import type { Progress } from './context.ts'

/** Which job an event tells of. */
export interface JobEvent {
  /** The job's id. */
  readonly id: string
  /** The job's name. */
  readonly name: string
  readonly queue: string
}

/** An attempt of a job. */
export interface AttemptEvent extends JobEvent {
  /** Counted from 1. */
  readonly attempt: number
}

/** An attempt that has ended. */
export interface EndEvent extends AttemptEvent {
  /** How long it took, in whole milliseconds. */
  readonly durationMs: number
}

/** Which run of a chain, or of a group, an event tells of. */
export interface ChainEvent {
  /** The run's id: the same in the stamp of each of its jobs. */
  readonly id: string
  /** The name of the chain or group. */
  readonly name: string
}

/**
 * What is told of jobs, by name. A push is told of in the process that pushed, everything else in
 * the one that runs the job; how an attempt ended, before the connection writes it down.
 */
export interface JobEvents {
  /** The connection has taken a job; one that runs inline may have ended by now. `delayMs` is how long it has to wait at least. */
  'job:pushed': JobEvent & { readonly delayMs: number }
  'job:started': AttemptEvent
  'job:progress': AttemptEvent & { readonly progress: Progress }
  /** The job has ended well. `result` is the JSON of what it returned. */
  'job:completed': EndEvent & { readonly result: Json }
  /** The job has failed for good. */
  'job:failed': EndEvent & { readonly error: Error }
  /** The attempt has failed, and another follows after `delayMs`. */
  'job:retrying': EndEvent & { readonly error: Error; readonly delayMs: number }
  /** The attempt did not count: the job itself asked for that, or its worker stops, or does not know its name. */
  'job:released': EndEvent & { readonly reason: string; readonly delayMs: number }
  /** The worker of the job died, and it runs again. Emitted by connections whose workers watch each other: `redis`. */
  'job:stalled': Omit<JobEvent, 'name'>
  /** The last job of a chain has completed. */
  'chain:completed': ChainEvent & { readonly result: Json }
  /** A chain has ended with the failure of `job`, one of its jobs. */
  'chain:failed': ChainEvent & { readonly job: string; readonly error: Error }
  /** The last job of a group has completed, with `result`; or all members of one without a last job have ended well. */
  'group:completed': ChainEvent & { readonly result: Json }
  /** A group has ended, because a member failed that may not, or the last job; or because that could not be made. */
  'group:failed': ChainEvent & { readonly error: Error }
}

/** Tells that a connection has taken a job; of a push that was refused there is nothing to tell. */
export function emitPushed(
  events: EventSink<JobEvents> | undefined,
  { name, delayMs }: PushedJob,
  { id, queue, state }: Receipt,
): void {
  if (state !== 'refused') events?.emit('job:pushed', () => ({ id, name, queue, delayMs }))
}
