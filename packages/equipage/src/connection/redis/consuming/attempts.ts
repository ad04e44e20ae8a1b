import type { EventSink } from '../../../core/index.ts'
import type { Attempt, EndedJob, JobEvents, Outcome, Progress } from '../../../job/index.ts'
import type { Logger } from '../../../log/index.ts'
import type { FollowLost, RunAttempt } from '../../connection.ts'
import type { RedisClient } from '../server/index.ts'
import type { CancelWatch } from './cancel-watch.ts'
import { progressScript } from './consumer-scripts.ts'
import {
  completed,
  failed,
  givenBack,
  type JobEnd,
  type KeepText,
  released,
  retried,
  unreadable,
} from './job-end.ts'
import { RedisCheckpoints } from './redis-checkpoints.ts'
import { scheduleNext } from './schedule-next.ts'
import type { TakenJob, UnreadableTaken } from './taken-job.ts'

export interface AttemptsDependencies {
  readonly client: RedisClient
  readonly prefix: string
  readonly cancels: CancelWatch
  readonly keep: KeepText
  readonly run: RunAttempt
  readonly lost?: FollowLost | undefined
  readonly events?: EventSink<JobEvents> | undefined
  readonly log: Logger
}

/** From a job that was taken to the end of its attempt, which is still to be sent. */
export class Attempts {
  readonly #dependencies: AttemptsDependencies

  constructor(dependencies: AttemptsDependencies) {
    this.#dependencies = dependencies
  }

  /** Never rejects. */
  async run(queue: string, job: TakenJob | UnreadableTaken): Promise<JobEnd> {
    if ('error' in job) return this.#failUnread(queue, job)
    if (job.scheduler !== undefined) await this.#scheduleNext(queue, job)
    if (job.deferredFailure !== undefined)
      return this.#failDeferred(queue, job, job.deferredFailure)
    const { id, name, pushedAt } = job
    const { cancels, run } = this.#dependencies
    const controller = new AbortController()
    const ended = cancels.add({ id, name, queue, pushedAt }, controller)
    const outcome = await run(this.#attemptOf(queue, job, controller.signal))
    ended()
    return this.#endOf(job, outcome)
  }

  /** The end of a job whose completion BullMQ's script refused, since it has children that have not ended or have failed. */
  failParent(job: TakenJob): JobEnd {
    const error = new Error('the job has children that have not ended, or have failed')
    return failed(job, error, this.#dependencies.keep)
  }

  async #failUnread(queue: string, job: UnreadableTaken): Promise<JobEnd> {
    const { id, name, metadata, error, repairs } = job
    await this.#follow({ id, name, queue, metadata }, 1, error)
    return unreadable(job, error, repairs, this.#dependencies.keep)
  }

  async #failDeferred(queue: string, job: TakenJob, reason: string): Promise<JobEnd> {
    const { id, name, metadata, attemptsMade } = job
    // The name that BullMQ gives it, and that a chain's next job may look at.
    const error = Object.assign(new Error(reason), { name: 'UnrecoverableError' })
    await this.#follow({ id, name, queue, metadata }, attemptsMade + 1, error)
    return failed(job, error, this.#dependencies.keep)
  }

  /** What follows a job that fails without an attempt, before it is on record as failed. */
  async #follow(job: EndedJob, attempt: number, error: Error): Promise<void> {
    const { id, name, queue } = job
    const { events, lost } = this.#dependencies
    events?.emit('job:failed', () => ({ id, name, queue, attempt, durationMs: 0, error }))
    await lost?.(job, error)
  }

  #attemptOf(queue: string, job: TakenJob, signal: AbortSignal): Attempt {
    const { id, name, data, attemptsMade, attempts, starts, pushedAt, metadata, run } = job
    const { client, prefix } = this.#dependencies
    return {
      ...{ id, name, queue, data, attempts, starts, pushedAt, metadata, signal },
      attempt: attemptsMade + 1,
      checkpoints: new RedisCheckpoints(client, `${prefix}:${queue}:${id}`, run),
      report: progress => this.#reportProgress(queue, id, progress),
    }
  }

  #reportProgress(queue: string, id: string, progress: Progress): void {
    const { client, prefix, log } = this.#dependencies
    const base = `${prefix}:${queue}:`
    const keys = [base + id, `${base}events`, `${base}meta`]
    client
      .eval(progressScript.content, keys.length, ...keys, id, JSON.stringify(progress))
      .catch((err: unknown) => log.debug({ err }, 'progress could not be reported'))
  }

  async #scheduleNext(queue: string, job: TakenJob): Promise<void> {
    const { client, prefix, log } = this.#dependencies
    try {
      await scheduleNext(client, prefix, queue, job)
    } catch (err) {
      const fields = { err, queue, jobId: job.id, scheduler: job.scheduler }
      log.error(fields, 'the next job of a BullMQ job scheduler could not be added')
    }
  }

  #endOf(job: TakenJob, outcome: Outcome): JobEnd {
    const { keep } = this.#dependencies
    switch (outcome.state) {
      case 'completed':
        return completed(job, JSON.stringify(outcome.result) ?? 'null', keep)
      case 'retrying':
        return retried(job, outcome.error, outcome.delayMs)
      case 'failed':
        return failed(job, outcome.error, keep)
      case 'released':
        return outcome.delayMs > 0 ? released(job, outcome.delayMs) : givenBack(job)
    }
  }
}
