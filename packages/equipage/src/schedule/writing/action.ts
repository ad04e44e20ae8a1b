import type { PayloadArgument, Pushable } from '../../job/index.ts'

/** What a function, a payload or a condition is told about the tick that it runs for. */
export interface TickContext<App = unknown> {
  /** The application's container; undefined when the timetable works alone without one. */
  app: App
  /** The schedule's name. */
  schedule: string
  /** The planned instant. */
  scheduledFor: Date
  /** The planned instant of the tick before, null at the first. */
  previous: Date | null
  /** How long after its planned instant the tick is handled, in milliseconds, 0 or more. */
  lagMs: number
  /** Whether it is late by its misfire policy. */
  misfire: boolean
  /** The planned date in the schedule's zone: `YYYY-MM-DD`. */
  date: string
  /** Aborted when the process has to end before the function did. */
  signal: AbortSignal
}

/** What a schedule does at a tick. */
export type Action<App = unknown> = CallAction<App> | PushAction<App>

/** Runs a function in the scheduler's own process. */
export interface CallAction<App = unknown> {
  readonly kind: 'call'
  /** The function's name, undefined when it has none. */
  readonly name: string | undefined
  readonly call: (tick: TickContext<App>) => unknown
}

/** Pushes a job or a chain onto its queue. */
export interface PushAction<App = unknown> {
  readonly kind: 'push'
  readonly name: string
  readonly job: Pushable
  /** The payload where it is the same for every tick; undefined where a function makes it. */
  readonly constant: unknown
  /** The payload of one tick, or a promise of it. */
  readonly payload: (tick: TickContext<App>) => unknown
}

/** What a scheduled function answers so that its schedule is not fired again. */
export const stop = 'stop'

/** Makes the payload of one tick. */
export type PayloadOf<App, Input> = (tick: TickContext<App>) => Input | Promise<Input>

/** The payload of a scheduled push, constant or made of the tick; left out only when the job takes none. */
export type TickPayload<App, Input> = PayloadArgument<Input | PayloadOf<App, Input>>

/** The types of the arguments were checked where they were given. */
export function callAction<App>(
  run: (...args: never[]) => unknown,
  args: readonly unknown[],
): CallAction<App> {
  const call = run as (...args: unknown[]) => unknown
  return {
    kind: 'call',
    name: run.name || undefined,
    call: args.length === 0 ? call : tick => call(...args, tick),
  }
}

export function pushAction<App>(job: Pushable, payload: unknown): PushAction<App> {
  const made = typeof payload === 'function'
  return {
    kind: 'push',
    name: job.name,
    job,
    constant: made ? undefined : payload,
    payload: made ? (payload as PayloadOf<App, unknown>) : () => payload,
  }
}
