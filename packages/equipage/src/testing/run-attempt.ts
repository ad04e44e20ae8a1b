import { randomUUID } from 'node:crypto'
import { type AnyApp, runtimeOf } from '../app/index.ts'
import type {
  GroupMemory,
  Progress,
  Pushable,
  PushedJob,
  RunOutcome,
  TickMetadata,
} from '../job/index.ts'
import { MemoryGroups } from '../simulation/index.ts'
import { capturedLog } from './captured-log.ts'
import { GivenCheckpoints } from './given-checkpoints.ts'
import { endOf, type GivenTick, type JobRun, type RunEnd, type RunJobOptions } from './job-run.ts'
import { recorderOf } from './recorder.ts'

/** Checks a payload and gives the job as its push would. */
export function prepared(
  app: AnyApp,
  job: Pushable,
  payload: unknown,
  tick: GivenTick | undefined,
): Promise<PushedJob> {
  return runtimeOf(app).queue.prepare(
    job,
    payload,
    {},
    null,
    tick ? { tick: tickMetadata(tick) } : {},
  )
}

function tickMetadata({ scheduledFor, previous, ...tick }: GivenTick): TickMetadata {
  return {
    lagMs: 0,
    misfire: false,
    ...tick,
    scheduledFor: scheduledFor.toISOString(),
    previous: previous?.toISOString() ?? null,
  }
}

/** An attempt that was run. */
interface Ran {
  readonly job: JobRun
  readonly end: RunEnd
  /** What its chain or group pushes next. */
  readonly following: readonly PushedJob[]
  /** How the group that it belongs to has ended with it, where that differs. */
  readonly run: RunOutcome | undefined
}

/**
 * Runs one attempt through the application's pipeline.
 * @param groups where the group is remembered that it belongs to
 */
export async function runAttempt(
  app: AnyApp,
  job: PushedJob,
  options: RunJobOptions,
  groups: GroupMemory = new MemoryGroups(runtimeOf(app).clock),
): Promise<Ran> {
  const { name, queue, data, metadata } = job
  const { attempt = 1, attempts = job.attempts, pushedAt, signal } = options
  const runtime = runtimeOf(app)
  const { log, lines } = capturedLog()
  const checkpoints = new GivenCheckpoints(options.checkpoints ?? {})
  const progress: Progress[] = []
  const following: PushedJob[] = []
  const runner = runtime.attemptRunner({
    log,
    // The test sees what the function does to its fakes.
    isolated: undefined,
    // No schedule fired the tick, so none is notified of its run.
    tickRuns: { began: async () => undefined, ended: async () => undefined },
    groups: async () => groups,
    push: async next => {
      following.push(next)
      return { id: next.id ?? '', name: next.name, queue: next.queue, state: 'waiting' }
    },
  })
  const { result: outcome, pushed } = await recorderOf(app).during(() =>
    runner.run({
      id: job.id ?? randomUUID(),
      name,
      queue,
      data,
      attempt,
      attempts,
      starts: attempt,
      pushedAt: pushedAt?.getTime() ?? runtime.clock.now(),
      metadata,
      signal: signal ?? new AbortController().signal,
      checkpoints,
      report: reported => void progress.push(reported),
    }),
  )
  const end = endOf(outcome)
  const seen = { progress, log: lines, pushed, checkpoints: checkpoints.finished }
  const run = 'run' in outcome && outcome.run !== 'open' ? outcome.run : undefined
  return { job: { job: name, payload: data, ...end, ...seen }, end, following, run }
}
