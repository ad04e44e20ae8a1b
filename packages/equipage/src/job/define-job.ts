import { type Duration, durationMs } from '../core/durations.ts'
import { EquipageError } from '../core/errors.ts'
import { type Backoff, type BackoffOptions, readBackoff } from './backoff.ts'
import type { JobContext } from './context.ts'
import type { PayloadSchema } from './payload.ts'
import type { Pushable } from './pushable.ts'

/** What a job's author writes. */
export interface JobOptions<Input, Payload, Result> {
  /** Unique in the application, and stable: waiting jobs are found by it after a deploy. Dots group: `report.rebuild`. */
  name: string
  /** Checks the payload when it is pushed and again before it runs. Left out: the job takes none. */
  payload?: PayloadSchema<Input, Payload>
  /** The queue it waits in; `default` when left out. */
  queue?: string
  /** How often it may be tried in all, 1 (the default) or more. */
  attempts?: number
  /** The wait between attempts; exponential from one second, with jitter, when left out. */
  backoff?: BackoffOptions
  /** How long one attempt may take; no limit when left out. */
  timeout?: Duration
  /** The work. What it returns must be JSON. A rejection is a failed attempt. */
  run(context: JobContext<Payload>): Promise<Result> | Result
}

/** A job: a named, typed unit of work that a queue carries. */
export interface JobDefinition<Input = unknown, Payload = unknown, Result = unknown>
  extends Pushable<Input, Result> {
  readonly kind: 'job'
  readonly schema: PayloadSchema<Input, Payload> | undefined
  readonly queue: string
  readonly attempts: number
  readonly backoff: Backoff
  /** Milliseconds; null when an attempt may take any time. */
  readonly timeoutMs: number | null
  run(context: JobContext<Payload>): Promise<Result> | Result
}

/** The type of a job's payload when it is left out of the definition. */
export type NoPayload = Record<string, never> | undefined

/** Names of jobs, chains and queues: BullMQ's keys are separated by colons, so they hold none. */
const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/**
 * Defines a job. Export it from a file under `app/jobs/`, and every process of the
 * application knows it.
 * @throws E_BAD_NAME, E_BAD_OPTION, E_BAD_DURATION
 */
export function defineJob<Input = NoPayload, Payload = Input, Result = unknown>(
  options: JobOptions<Input, Payload, Result>,
): JobDefinition<Input, Payload, Result> {
  const { name, payload, queue = 'default', attempts = 1, backoff, timeout } = options
  checkName('job', name)
  checkName('queue', queue)
  const place = `job "${name}"`
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    const expected = 'a whole number, 1 or more'
    throw new EquipageError('E_BAD_OPTION', {
      place,
      option: 'attempts',
      given: attempts,
      expected,
    })
  }
  return {
    kind: 'job',
    name,
    schema: payload,
    queue,
    attempts,
    backoff: readBackoff(backoff, place),
    timeoutMs: timeout === undefined ? null : durationMs(timeout, `${place}, timeout`),
    run: context => options.run(context),
  }
}

/**
 * @param kind what is named, for the error
 * @throws E_BAD_NAME
 */
export function checkName(kind: 'job' | 'chain' | 'queue', name: unknown): void {
  if (typeof name !== 'string' || !nameForm.test(name)) {
    throw new EquipageError('E_BAD_NAME', { kind, given: name })
  }
}
