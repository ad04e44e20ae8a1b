import { type Duration, durationMs, EquipageError, refuseMisspelt } from '../../core/index.ts'
import {
  checkName,
  type PayloadSchema,
  type Pushable,
  type PushRuleOptions,
  type PushRules,
  readPushRules,
} from '../pushing/index.ts'
import { type Backoff, type BackoffChoice, readBackoff } from './backoff.ts'
import type { JobContext } from './context.ts'
import type { QueueDefinition } from './define-queue.ts'
import { type IsolateOptions, type Isolation, readIsolation } from './isolation.ts'
import type { JobMiddleware } from './middleware.ts'

/** What a job's author writes. */
export interface JobOptions<Input, Payload, Result> extends PushRuleOptions<Payload> {
  /** Unique in the application, and stable: waiting jobs are found by it after a deploy. Dots group: `report.rebuild`. */
  name: string
  /** Checks the payload when it is pushed and again before it runs. Left out: the job takes none. */
  payload?: PayloadSchema<Input, Payload>
  /** The queue it waits in, by its name or as it was defined; `default` when left out. */
  queue?: string | QueueDefinition
  /** How often it may be tried in all, 1 (the default) or more; with `retryUntil` there is no limit when it is left out. */
  attempts?: number
  /**
   * The wait between attempts: fixed or exponential, a list (its last one is repeated), or a
   * function; exponential from one second, with jitter, when left out.
   */
  backoff?: BackoffChoice
  /** From the push on: an attempt that fails after it is not followed by another. */
  retryUntil?: Duration
  /** How long one attempt may take; no limit when left out. */
  timeout?: Duration
  /** Stands around `run`, inside of the application's own; the first one outermost. */
  middleware?: readonly JobMiddleware[]
  /** Whether `run` gets a process of its own, apart from the worker: for code that blocks, leaks or crashes. */
  isolate?: boolean | IsolateOptions
  /** The work. What it returns must be JSON. A rejection is a failed attempt. */
  run(context: JobContext<Payload>): Promise<Result> | Result
}

/** A job: a named, typed unit of work that a queue carries. */
export interface JobDefinition<Input = unknown, Payload = unknown, Result = unknown>
  extends Pushable<Input, Result> {
  readonly kind: 'job'
  readonly schema: PayloadSchema<Input, Payload> | undefined
  readonly queue: string
  /** The queue's own definition, when the job was given that. */
  readonly queueDefinition: QueueDefinition | undefined
  readonly rules: PushRules
  readonly attempts: number
  readonly backoff: Backoff
  /** Milliseconds from the push; null where the number of attempts is the only limit. */
  readonly retryUntilMs: number | null
  /** Milliseconds; null when an attempt may take any time. */
  readonly timeoutMs: number | null
  readonly middleware: readonly JobMiddleware[]
  /** null where the job runs in the process of its worker. */
  readonly isolation: Isolation | null
  run(context: JobContext<Payload>): Promise<Result> | Result
}

const known: Record<keyof JobOptions<unknown, unknown, unknown>, true> = {
  name: true,
  payload: true,
  queue: true,
  attempts: true,
  backoff: true,
  retryUntil: true,
  timeout: true,
  middleware: true,
  isolate: true,
  delay: true,
  priority: true,
  unique: true,
  debounce: true,
  throttle: true,
  tags: true,
  keep: true,
  run: true,
}

/** The type of a job's payload when it is left out of the definition. */
export type NoPayload = Record<string, never> | undefined

/** Attempts of a job that is limited by time alone: more than there is time for. */
export const unlimitedAttempts = 2 ** 31 - 1

/**
 * Defines a job. Export it from a file under `app/jobs/`, and every process of the
 * application knows it.
 * @throws E_BAD_NAME, E_BAD_OPTION, E_BAD_DURATION, E_BAD_SIZE
 */
export function defineJob<Input = NoPayload, Payload = Input, Result = unknown>(
  options: JobOptions<Input, Payload, Result>,
): JobDefinition<Input, Payload, Result> {
  const {
    name,
    payload,
    queue = 'default',
    backoff,
    timeout,
    retryUntil,
    middleware = [],
  } = options
  const { attempts = retryUntil === undefined ? 1 : unlimitedAttempts } = options
  checkName('job', name)
  const queueDefinition = typeof queue === 'object' && queue !== null ? queue : undefined
  const queueName = queueDefinition ? queueDefinition.name : queue
  checkName('queue', queueName)
  const where = `job "${name}"`
  refuseMisspelt(options, known, where)
  if (typeof options.run !== 'function') {
    const fields = { where, option: 'run', given: options.run }
    throw new EquipageError('E_BAD_OPTION', { ...fields, expected: 'a function' })
  }
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    const expected = 'a whole number, 1 or more'
    throw new EquipageError('E_BAD_OPTION', {
      where,
      option: 'attempts',
      given: attempts,
      expected,
    })
  }
  if (!Array.isArray(middleware) || middleware.some(layer => typeof layer !== 'function')) {
    const fields = { where, option: 'middleware', given: middleware }
    throw new EquipageError('E_BAD_OPTION', { ...fields, expected: 'a list of functions' })
  }
  return {
    kind: 'job',
    name,
    schema: payload,
    queue: queueName as string,
    queueDefinition,
    rules: readPushRules(options, where),
    attempts,
    backoff: readBackoff(backoff, where),
    retryUntilMs: retryUntil === undefined ? null : durationMs(retryUntil, `${where}, retryUntil`),
    middleware: [...middleware],
    isolation: readIsolation(options.isolate, where),
    timeoutMs: timeout === undefined ? null : durationMs(timeout, `${where}, timeout`),
    run: context => options.run(context),
  }
}
