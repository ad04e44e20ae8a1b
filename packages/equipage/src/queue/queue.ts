import { randomUUID } from 'node:crypto'
import type { Carrier } from '../connection/index.ts'
import {
  type Clock,
  type Duration,
  durationMs,
  EquipageError,
  type EventSink,
  type Json,
} from '../core/index.ts'
import {
  checkPushOptions,
  type Definition,
  emitPushed,
  firstJob,
  guardOf,
  type JobDefinition,
  type JobEvents,
  type JobMetadata,
  type JobRegistry,
  type ParentMetadata,
  type PushArguments,
  type Pushable,
  type PushedJob,
  type PushGuard,
  type PushOptions,
  payloadData,
  type Receipt,
  readKeep,
  readPriority,
  readTags,
} from '../job/index.ts'
import { ManagedQueue, type ManagedQueueDependencies } from './managed-queue.ts'

/** What a queue is made of. */
export interface QueueDependencies extends ManagedQueueDependencies {
  /** Where jobs go; connected with the first push. */
  carrier(): Promise<Carrier>
  clock: Clock
  /** The application's jobs; they are looked for with the first push. */
  registry(): Promise<JobRegistry>
  /** The most bytes that a payload may take as JSON; any number when left out. */
  payloadLimitBytes?: number
  /** Told of pushes. */
  events?: EventSink<JobEvents>
}

/**
 * Takes jobs, chains and groups, at once or for later. A push resolves when the connection has taken
 * the job (or, when it runs jobs inline, when the first attempt has ended). A failing job does
 * not fail its push; a mistake of the pusher does. What looks after queues is in {@link ManagedQueue}.
 */
export class Queue extends ManagedQueue {
  readonly #dependencies: QueueDependencies
  #carrier: Carrier | undefined
  #registry: JobRegistry | undefined

  constructor(dependencies: QueueDependencies) {
    super(dependencies)
    this.#dependencies = dependencies
  }

  /**
   * Pushes a job, a chain or a group. A push that a job of the same key stands in the way of is not thrown:
   * its receipt is `refused`.
   * @throws E_BAD_PAYLOAD, E_NOT_JSON, E_UNKNOWN_JOB, E_BAD_OPTION; E_CONNECTION_AWAY at once when
   * the far side cannot be reached
   */
  push<Input, Result>(
    job: Pushable<Input, Result>,
    ...args: PushArguments<Input>
  ): Promise<Receipt<Result>> {
    return this.#push(job, args, null)
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
      const fields = { where: `pushAt of "${job.name}"`, option: 'at', given: at }
      throw new EquipageError('E_BAD_OPTION', { ...fields, expected: 'a valid Date' })
    }
    return this.#push(job, args, Math.max(0, at.getTime() - this.#dependencies.clock.now()))
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
    if (!Array.isArray(payloads)) {
      const where = `pushMany of "${job.name}"`
      const expected = 'a list of payloads'
      throw new EquipageError('E_BAD_OPTION', {
        where,
        option: 'payloads',
        given: payloads,
        expected,
      })
    }
    const prepared = await Promise.all(
      payloads.map(payload => this.prepare(job, payload, options, null, {})),
    )
    return Promise.all(prepared.map(pushed => this.#send<Result>(job.name, pushed)))
  }

  /**
   * Pushes what the function of a job pushes: it knows that job as its parent.
   * @param args payload and options, as `push` takes them
   * @throws as `push` does
   */
  pushChild(parent: ParentMetadata, job: Pushable, args: readonly unknown[]): Promise<Receipt> {
    return this.#push(job, args, null, { parent })
  }

  async #push<Result>(
    job: Pushable<unknown, Result>,
    args: readonly unknown[],
    delayMs: number | null,
    metadata: JobMetadata = {},
  ): Promise<Receipt<Result>> {
    const [payload, options = {}] = args as [payload?: unknown, options?: PushOptions]
    return this.#send(job.name, await this.prepare(job, payload, options, delayMs, metadata))
  }

  async #send<Result>(name: string, pushed: PushedJob): Promise<Receipt<Result>> {
    this.#carrier ??= await this.#dependencies.carrier()
    const receipt = await this.#carrier.push(pushed)
    emitPushed(this.#dependencies.events, pushed, receipt)
    const { tags } = pushed.metadata
    return { ...receipt, name, ...(tags ? { tags } : {}) } as Receipt<Result>
  }

  /**
   * Checks everything about a push and gives it in the form that a connection carries.
   * @param delayMs how long it waits at least; null for as long as its definition says
   * @param stamp what else travels with it
   * @throws as `push` does
   */
  async prepare(
    pushable: Pushable | string,
    payload: unknown,
    options: PushOptions,
    delayMs: number | null,
    metadata: JobMetadata,
  ): Promise<PushedJob> {
    this.#registry ??= await this.#dependencies.registry()
    const definition = this.#registry.resolve(pushable)
    const where = `push of "${definition.name}"`
    checkPushOptions(options, where)
    const job = firstJob(definition)
    const chain = definition.kind === 'chain' && {
      name: definition.name,
      id: randomUUID(),
      link: 0,
    }
    const group = definition.kind === 'group' && { name: definition.name, id: randomUUID() }
    const { rules } = job
    const tags = readTags([...rules.tags, ...readTags(options.tags ?? [], where)], where)
    const read = payloadData(job, payload, this.#dependencies.payloadLimitBytes)
    const data = read instanceof Promise ? await read : read
    const guarded = rules.guard !== undefined || options.unique !== undefined
    const guard = guarded ? await guardOfPush(definition, job, data, options) : undefined
    const ownKeep = readKeep(options.keep, where)
    const keep = rules.keep && ownKeep ? { ...rules.keep, ...ownKeep } : (ownKeep ?? rules.keep)
    return {
      name: job.name,
      queue: job.queue,
      data,
      attempts: job.attempts,
      delayMs: delayOf(job, delayMs, where),
      priority: readPriority(options.priority ?? rules.priority, where),
      ...(guard ? { guard } : {}),
      ...(keep ? { keep } : {}),
      metadata: {
        ...metadata,
        ...(chain ? { chain } : {}),
        ...(group ? { group } : {}),
        ...(tags.length > 0 ? { tags } : {}),
      },
    }
  }
}

/** @throws E_BAD_OPTION when a chain or group is to be unique: its later jobs would not be */
function guardOfPush(
  definition: Definition,
  job: JobDefinition,
  data: Json,
  { unique }: PushOptions,
): Promise<PushGuard | undefined> {
  if (unique !== undefined && definition.kind !== 'job') {
    const fields = { where: `push of "${definition.name}"`, option: 'unique', given: unique }
    const expected = `none: a ${definition.kind} is not unique, only a job is that stands alone`
    throw new EquipageError('E_BAD_OPTION', { ...fields, expected })
  }
  return guardOf(job, data, unique)
}

/** @throws E_BAD_OPTION when a job that waits for the last push is given another delay */
function delayOf({ rules }: JobDefinition, delayMs: number | null, where: string): number {
  if (rules.guard?.kind !== 'debounce') return delayMs ?? rules.delayMs
  if (delayMs === null) return rules.guard.forMs ?? 0
  const expected = 'none, because the job has a debounce, which is the delay itself'
  throw new EquipageError('E_BAD_OPTION', { where, option: 'delay', given: delayMs, expected })
}
