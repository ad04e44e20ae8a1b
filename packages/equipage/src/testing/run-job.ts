import type { AnyApp } from '../app/index.ts'
import { EquipageError } from '../core/index.ts'
import type { JobDefinition, PayloadArgument } from '../job/index.ts'
import type { JobRun, RunJobOptions } from './job-run.ts'
import { prepared, runAttempt } from './run-attempt.ts'

/**
 * Runs one attempt of a job as a worker would: its payload is checked, its middleware stands around
 * it, its timeout counts, its result crosses JSON. The next attempt is not made. What it pushes is
 * recorded as by `fakeQueue`; nothing is connected to and no file is written.
 * @throws E_BAD_PAYLOAD, E_NOT_JSON, E_UNKNOWN_JOB, E_BAD_OPTION; E_SERVICE_IN_USE when the
 * application's connection has been used already
 */
export async function runJob<Input, Payload, Result>(
  app: AnyApp,
  job: JobDefinition<Input, Payload, Result>,
  ...args: [...PayloadArgument<Input>, options?: RunJobOptions]
): Promise<JobRun<Result>> {
  const given: readonly unknown[] = args
  const [payload, options = {}] = given as [payload?: unknown, options?: RunJobOptions]
  checkCount('attempt', options.attempt)
  checkCount('attempts', options.attempts)
  const first = await prepared(app, job, payload, options.tick)
  const { job: run } = await runAttempt(app, first, options)
  return run as JobRun<Result>
}

function checkCount(option: string, given: number | undefined): void {
  if (given === undefined || (Number.isSafeInteger(given) && given >= 1)) return
  const fields = { where: 'runJob', option, given, expected: 'a whole number, 1 or more' }
  throw new EquipageError('E_BAD_OPTION', fields)
}
