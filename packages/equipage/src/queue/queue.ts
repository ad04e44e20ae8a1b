import { randomUUID } from 'node:crypto'
import type { Carrier, QueueCounts } from '../connection/index.ts'
import type { Clock } from '../core/clock.ts'
import { type Duration, durationMs } from '../core/durations.ts'
import { EquipageError } from '../core/errors.ts'
import {
  firstJob,
  type JobRegistry,
  type PushArguments,
  type Pushable,
  type PushedJob,
  type PushOptions,
  payloadData,
  type Receipt,
  type Stamp,
} from '../job/index.ts'

/** BullMQ's own limit. */
const highestPriority = 2_097_151

/** What a queue is made of. */
export interface QueueParts {
  /** Where jobs go; connected with the first push. */
  carrier(): Promise<Carrier>
  clock: Clock
  /** The application's jobs; they are looked for with the first push. */
  registry(): Promise<JobRegistry>
}

/**
 * Takes jobs and chains, at once or for later. A push resolves when the connection has taken
 * the job (or, when it runs jobs inline, when the first attempt has ended). A failing job does
 * not fail its push; a mistake of the pusher does.
 */
export class Queue {
  readonly #parts: QueueParts

  constructor(parts: QueueParts) {
    this.#parts = parts
  }

  /**
   * Pushes a job or a chain.
   * @throws E_BAD_PAYLOAD, E_NOT_JSON, E_UNKNOWN_JOB, E_BAD_OPTION; E_CONNECTION_AWAY at once when
   * the far side cannot be reached
   */
  push<Input, Result>(
    job: Pushable<Input, Result>,
    ...args: PushArguments<Input>
  ): Promise<Receipt<Result>> {
    return this.#push(job, args, 0)
  }

  /** Pushes a job that runs no sooner than `delay` from now. */
  async pushIn<Input, Result>(
    delay: Duration,
    job: Pushable<Input, Result>,
    ...args: PushArguments<Input>
  ): Promise<Receipt<Result>> {
    return this.#push(job, args, durationMs(delay, `pushIn of "${job.name}"`))
  }

  /** Pushes a job that runs no sooner than the given moment; one in the past is now. */
  async pushAt<Input, Result>(
    at: Date,
    job: Pushable<Input, Result>,
    ...args: PushArguments<Input>
  ): Promise<Receipt<Result>> {
    if (!(at instanceof Date) || Number.isNaN(at.getTime())) {
      const fields = { place: `pushAt of "${job.name}"`, option: 'at', given: at }
      throw new EquipageError('E_BAD_OPTION', { ...fields, expected: 'a valid Date' })
    }
    return this.#push(job, args, Math.max(0, at.getTime() - this.#parts.clock.now()))
  }

  /**
   * Pushes one job a payload. Every payload is checked before the first is pushed.
   * @returns a receipt each, in the order of the payloads
   */
  async pushMany<Input, Result>(
    job: Pushable<Input, Result>,
    payloads: readonly NoInfer<Input>[],
    options: PushOptions = {},
  ): Promise<Receipt<Result>[]> {
    const prepared = await Promise.all(
      payloads.map(payload => this.prepare(job, payload, options, 0, {})),
    )
    return Promise.all(prepared.map(pushed => this.#send<Result>(job.name, pushed)))
  }

  /** How many jobs are where; of the named queues, or of all that the application's jobs use. */
  async counts(queues?: readonly string[]): Promise<QueueCounts[]> {
    const names = queues ?? (await this.#parts.registry()).queues()
    return (await this.#parts.carrier()).counts(names)
  }

  async #push<Result>(
    job: Pushable<unknown, Result>,
    args: readonly unknown[],
    delayMs: number,
  ): Promise<Receipt<Result>> {
    const [payload, options = {}] = args as [payload?: unknown, options?: PushOptions]
    return this.#send(job.name, await this.prepare(job, payload, options, delayMs, {}))
  }

  async #send<Result>(name: string, pushed: PushedJob): Promise<Receipt<Result>> {
    const receipt = await (await this.#parts.carrier()).push(pushed)
    return { ...receipt, name } as Receipt<Result>
  }

  /**
   * Checks everything about a push and gives it in the form that a connection carries.
   * @param stamp what else travels with it
   * @throws as `push` does
   */
  async prepare(
    pushable: Pushable | string,
    payload: unknown,
    options: PushOptions,
    delayMs: number,
    stamp: Stamp,
  ): Promise<PushedJob> {
    const definition = (await this.#parts.registry()).resolve(pushable)
    const { priority = 0 } = options
    if (!Number.isSafeInteger(priority) || priority < 0 || priority > highestPriority) {
      const fields = { place: `push of "${definition.name}"`, option: 'priority', given: priority }
      const expected = `a whole number from 0 to ${highestPriority}`
      throw new EquipageError('E_BAD_OPTION', { ...fields, expected })
    }
    const job = firstJob(definition)
    const chain = definition.kind === 'chain' && {
      name: definition.name,
      id: randomUUID(),
      link: 0,
    }
    return {
      name: job.name,
      queue: job.queue,
      data: await payloadData(job, payload),
      attempts: job.attempts,
      delayMs,
      priority,
      stamp: chain ? { ...stamp, chain } : stamp,
    }
  }
}
