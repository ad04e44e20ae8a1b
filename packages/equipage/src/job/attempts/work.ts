import { throughJson, toError } from '../../core/index.ts'
import { fanOutOf, nextOfChain } from '../following/index.ts'
import { readPayload } from '../pushing/index.ts'
import type { Execution, KnownExecution } from './execution.ts'
import { type PerformDependencies, perform } from './perform.ts'
import { notifyBegin, type TickRuns } from './tick-runs.ts'

export interface WorkDependencies extends PerformDependencies {
  /** Notified of the runs that ticks began; left out, nobody is. */
  readonly tickRuns?: TickRuns
  /** The most bytes that the payload of what follows a job may take as JSON; any number when left out. */
  readonly payloadLimitBytes?: number
  /** Resolves when the application is ready to run jobs; undefined when it is. */
  ready(): Promise<void> | undefined
}

/** A stage gives a promise only where it has to wait: each wait lets other work go before the job. */
type Worked = KnownExecution | Promise<KnownExecution>

type Stage = (execution: KnownExecution, dependencies: WorkDependencies) => Worked

/** The work of an attempt, from its start to what is to follow it. */
export const work: readonly Stage[] = [
  announceStart,
  readJobPayload,
  waitUntilReady,
  runFunction,
  checkResult,
  prepareFollowUp,
]

/**
 * Sends an attempt through its work, unless its job is not defined here. The first stage that throws
 * ends it. Never rejects.
 * @returns the execution as far as it came, with the error of the stage that threw
 */
export async function doWork(
  execution: Execution,
  dependencies: WorkDependencies,
  stages = work,
): Promise<Execution> {
  const { definition } = execution
  if (!definition) return execution
  let reached: KnownExecution = { ...execution, definition }
  try {
    for (const stage of stages) {
      const next = stage(reached, dependencies)
      reached = next instanceof Promise ? await next : next
    }
    return reached
  } catch (thrown) {
    return { ...reached, error: toError(thrown) }
  }
}

/** Logs, emits and notifies that the attempt starts. */
export function announceStart(
  execution: KnownExecution,
  { events, tickRuns, clock }: Pick<WorkDependencies, 'events' | 'tickRuns' | 'clock'>,
): Worked {
  const { attempt, log } = execution
  const { id, name, queue } = attempt
  log.debug('job started')
  events?.emit('job:started', () => ({ id, name, queue, attempt: attempt.attempt }))
  const started = () => ({ ...execution, startedAt: clock.monotonic() })
  return notifyBegin(tickRuns, attempt, log)?.then(started) ?? started()
}

/** Reads the payload by the job's schema. */
export function readJobPayload(execution: KnownExecution): Worked {
  const { attempt, definition } = execution
  // The signal may have been aborted while others were notified of the start.
  attempt.signal.throwIfAborted()
  const read = readPayload(definition, attempt.data)
  return read instanceof Promise
    ? read.then(payload => ({ ...execution, payload }))
    : { ...execution, payload: read }
}

/** Waits until the application is ready. */
export function waitUntilReady(
  execution: KnownExecution,
  { ready }: Pick<WorkDependencies, 'ready'>,
): Worked {
  return ready()?.then(() => execution) ?? execution
}

/** Runs the job's function, inside of its middleware, with its timeout and its signal. */
export async function runFunction(
  execution: KnownExecution,
  dependencies: PerformDependencies,
): Promise<KnownExecution> {
  const { attempt, definition, payload, log } = execution
  const returned = await perform(dependencies, attempt, definition, payload, log)
  return { ...execution, returned }
}

/** Takes what was returned across the JSON boundary. */
export function checkResult(execution: KnownExecution): KnownExecution {
  const where = `result of job "${execution.definition.name}"`
  return { ...execution, result: throughJson(execution.returned, where) }
}

/** Makes the jobs that are to follow, with their payloads: a fault in one of them fails this attempt. */
export async function prepareFollowUp(
  execution: KnownExecution,
  { payloadLimitBytes }: Pick<WorkDependencies, 'payloadLimitBytes'>,
): Promise<KnownExecution> {
  const { attempt, registry, definition, result } = execution
  const group = registry.group(definition.name)
  if (group) {
    const fanOut = await fanOutOf(group, attempt, result, payloadLimitBytes)
    return { ...execution, result: { members: fanOut.members.length }, followUp: { fanOut } }
  }
  if (!attempt.metadata.chain) return execution
  const end = { state: 'completed', result } as const
  const next = await nextOfChain(registry, attempt, end, payloadLimitBytes)
  return { ...execution, followUp: { next } }
}
