import {
  type BackendFactory,
  type FinishedPropValAttribute,
  type FinishedStatus,
  getDefaultBackendFactory,
  type KeepJobs,
  type MinimalJob,
  type RedisClient,
  RedisQueueBackend,
  type WorkerOptions,
} from 'bullmq'
import { type Ending, Endings } from './endings.ts'
import { understood } from './finish-script.ts'

type Argument = string | number | boolean | Buffer

/** BullMQ's backend, which completes jobs by the scripts of {@link Endings}, and waits for delayed ones to the millisecond. */
class FinishingBackend extends RedisQueueBackend {
  // Set below: no constructor of this class runs.
  declare readonly endings: Endings

  protected override moveToFinishedArgs<Data, Result, Name extends string>(
    job: MinimalJob<Data, Result, Name>,
    value: unknown,
    field: FinishedPropValAttribute,
    shouldRemove: undefined | boolean | number | KeepJobs,
    target: FinishedStatus,
    token: string,
    timestamp: number,
    fetchNext?: boolean,
    fields?: Record<string, unknown>,
  ): Argument[] {
    const { closing, opts } = this.queue
    const { lockDuration, name, limiter, metrics, removeOnComplete } = opts as WorkerOptions
    const kept = bounds(shouldRemove ?? removeOnComplete)
    const plain = fetchNext && !closing && !fields && target === 'completed' && !limiter && !metrics
    if (!understood || !plain || !kept || !lockDuration || !name || job.id === undefined) {
      return super.moveToFinishedArgs(
        job,
        value,
        field,
        shouldRemove,
        target,
        token,
        timestamp,
        fetchNext,
        fields,
      )
    }
    const result = value === undefined ? 'null' : String(value)
    const ending: Ending = [timestamp, field, lockDuration, name, ...kept, job.id, token, result]
    return ending
  }

  override execCommand(client: RedisClient, name: string, args: unknown[]): unknown {
    if (name === 'moveToFinished' && isEnding(args))
      return this.endings.add(client, this.queue.keys[''] ?? '', args)
    return super.execCommand(client, name, args)
  }

  override waitForJob(seconds: number): ReturnType<RedisQueueBackend['waitForJob']> {
    // BullMQ is not let look at the server's version, takes it for one older than 6.0, and would
    // wait whole seconds: a delayed job began up to a second late.
    const connection = this.blockingConnection ?? this.connection
    connection.capabilities = { ...connection.capabilities, canDoubleTimeout: true }
    return super.waitForJob(seconds)
  }
}

/** BullMQ's own arguments are more. */
function isEnding(args: unknown[]): args is Ending {
  return args.length === 9
}

/**
 * For how many seconds and how many completed jobs are kept.
 * @returns undefined where BullMQ's own script has to see to it
 */
function bounds(keep: unknown): [seconds: number, count: number] | undefined {
  if (typeof keep !== 'object' || keep === null) return undefined
  // Another program may have written anything to its job.
  const { age, count, limit } = keep as { age?: unknown; count?: unknown; limit?: unknown }
  if (!Number.isFinite(age) || !Number.isSafeInteger(count) || limit !== undefined) return undefined
  return Number(age) > 0 && Number(count) > 0 ? [Number(age), Number(count)] : undefined
}

/** Gives a worker that backend. With another version of BullMQ's script it completes jobs by that one. */
export const finishingBackend: BackendFactory<RedisQueueBackend> = (name, opts, options) => {
  const backend = getDefaultBackendFactory<RedisQueueBackend>()(name, opts, options)
  // BullMQ's factory knows how a worker's connections are made, and makes no other class.
  Object.setPrototypeOf(backend, FinishingBackend.prototype)
  const { concurrency = 1 } = opts as WorkerOptions
  return Object.assign(backend, { endings: new Endings(concurrency) })
}
