import type { Logger } from '../log/index.ts'
import type { JobTick } from './tick-stamp.ts'

/**
 * Where an application tells its type, so that jobs see it as `app`:
 * `declare module 'equipage' { interface Register { app: App } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: applications add to it by declaration merging
export interface Register {}

/** The application's own type, as it was registered. */
export type RegisteredApp = Register extends { app: infer App } ? App : unknown

/** How far a job is: a share from 0 to 1, or counted. */
export type Progress = number | { done: number; total: number; message?: string }

/** What a job's function is given. */
export interface JobContext<Payload> {
  readonly payload: Payload
  readonly app: RegisteredApp
  /** Writes with the job's name, id, queue and attempt in every line. */
  readonly log: Logger
  /** The job's id: the same for every attempt. */
  readonly jobId: string
  /** Which attempt this is, counted from 1. */
  readonly attempt: number
  /** Aborted when the attempt times out and when the worker stops; hand it on to whatever waits. */
  readonly signal: AbortSignal
  /** The tick that pushed the job; undefined when no schedule did. */
  readonly tick: JobTick | undefined
  /** Tells how far the job is. */
  progress(progress: Progress): void
}
