import { type Clock, EquipageError, type EventSink } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import {
  type JobContext,
  type JobDefinition,
  type JobEvents,
  type JobMiddleware,
  type Progress,
  type RegisteredApp,
  throughMiddleware,
} from '../definitions/index.ts'
import { jobTick, type ParentMetadata, type Pushable, type Receipt } from '../pushing/index.ts'
import type { Attempt } from './attempt.ts'
import { AttemptParts } from './checkpoints.ts'
import type { IsolatedRuns } from './isolated-runs.ts'
import { reportLateEnd } from './late-end.ts'

/** What a job's function is run with. */
export interface PerformDependencies {
  /** Handed to jobs as `app`. */
  readonly app: unknown
  readonly clock: Clock
  /** Around the functions of all jobs, the first one outermost; left out, nothing is. */
  middleware?(): readonly JobMiddleware[]
  /** Pushes what a job's function pushes, with the job as its parent. */
  pushChild(parent: ParentMetadata, job: Pushable, args: readonly unknown[]): Promise<Receipt>
  readonly events?: EventSink<JobEvents>
  /** Runs the functions of isolated jobs; left out, they run in this process. */
  readonly isolated?: IsolatedRuns | undefined
}

/**
 * Runs the function of a job inside of its middleware. It ends at the timeout and when the worker
 * lets go, even if the function does not.
 * @returns what came out, as it is
 */
export async function perform(
  dependencies: PerformDependencies,
  attempt: Attempt,
  definition: JobDefinition,
  payload: unknown,
  log: Logger,
): Promise<unknown> {
  const { signal, end } = timeLimited(attempt.signal, definition, dependencies.clock)
  const running =
    callElsewhere(dependencies, attempt, definition, signal, log) ??
    callHere(dependencies, attempt, definition, payload, signal, log)
  try {
    return await untilAborted(running, signal)
  } catch (error) {
    if (signal.aborted) reportLateEnd(running, log, dependencies.clock)
    throw error
  } finally {
    end()
  }
}

function unlimited() {}

/** A signal that is aborted with the given one, and when the job's time is over. */
function timeLimited(
  signal: AbortSignal,
  { name, timeoutMs }: JobDefinition,
  clock: Clock,
): { readonly signal: AbortSignal; end(): void } {
  // Most jobs have no timeout, and a signal that follows another is dear.
  if (timeoutMs === null) return { signal, end: unlimited }
  const controller = new AbortController()
  const follow = () => controller.abort(signal.reason)
  if (signal.aborted) follow()
  signal.addEventListener('abort', follow, { once: true })
  const timer = clock.after(timeoutMs, () =>
    controller.abort(new EquipageError('E_JOB_TIMEOUT', { job: name, timeoutMs })),
  )
  return {
    signal: controller.signal,
    end() {
      timer.cancel()
      signal.removeEventListener('abort', follow)
    },
  }
}

/**
 * Calls the function of a job, inside of its middleware, in this process.
 * @param payload as its schema read it
 */
export function callHere(
  dependencies: PerformDependencies,
  attempt: Attempt,
  definition: JobDefinition,
  payload: unknown,
  signal: AbortSignal,
  log: Logger,
): Promise<unknown> {
  const context = contextOf(dependencies, attempt, payload, signal, log)
  const middleware = [...(dependencies.middleware?.() ?? []), ...definition.middleware]
  const run = async () => definition.run(context)
  return middleware.length > 0 ? throughMiddleware(middleware, context, run) : run()
}

/** Has another process call the function of an isolated job; undefined for any other job. */
function callElsewhere(
  dependencies: PerformDependencies,
  attempt: Attempt,
  { isolation }: JobDefinition,
  signal: AbortSignal,
  log: Logger,
): Promise<unknown> | undefined {
  const { isolated } = dependencies
  if (!isolated || !isolation) return undefined
  const { id, name, queue } = attempt
  const parent = { id, name, queue }
  return isolated.run({
    attempt,
    isolation,
    signal,
    log,
    progress: progress => tellProgress(dependencies, attempt, progress),
    push: (job, payload, options) => dependencies.pushChild(parent, job, [payload, options]),
  })
}

function tellProgress({ events }: PerformDependencies, attempt: Attempt, progress: Progress): void {
  const { id, name, queue } = attempt
  attempt.report(progress)
  events?.emit('job:progress', () => ({ id, name, queue, attempt: attempt.attempt, progress }))
}

function contextOf(
  dependencies: PerformDependencies,
  attempt: Attempt,
  payload: unknown,
  signal: AbortSignal,
  log: Logger,
): JobContext<unknown> {
  const { app, pushChild } = dependencies
  const { id, name, queue, metadata } = attempt
  const checkpoints = new AttemptParts(name, attempt.checkpoints, signal)
  return {
    payload,
    app: app as RegisteredApp,
    log,
    jobId: id,
    name,
    queue,
    attempt: attempt.attempt,
    signal,
    tick: metadata.tick && jobTick(metadata.tick),
    parent: metadata.parent,
    tags: metadata.tags ?? [],
    progress(progress) {
      log.debug({ progress }, 'job progress')
      tellProgress(dependencies, attempt, progress)
    },
    push: <Input, Result>(job: Pushable<Input, Result>, ...args: readonly unknown[]) =>
      pushChild({ id, name, queue }, job, args) as Promise<Receipt<Result>>,
    checkpoint: (part, run) => checkpoints.run(part, run),
  }
}

/** What comes out of `running`; at the abort of the signal it rejects with the reason. */
function untilAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    running.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    // What has come out already goes before.
    if (signal.aborted) queueMicrotask(abort)
  })
}
