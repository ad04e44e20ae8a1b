import type { Execution } from '../../../src/job/attempts/execution.ts'
import {
  type Attempt,
  type Definition,
  JobRegistry,
  MemoryCheckpoints,
} from '../../../src/job/index.ts'
import { capturedLog } from '../../support/captured-log.ts'

/** An attempt of the first definition as the pipeline receives it, changed as the test says. */
export function executionOf(
  definitions: readonly Definition[],
  attempt: Partial<Attempt> = {},
  { log } = capturedLog(),
): Execution {
  const registry = new JobRegistry()
  for (const definition of definitions) registry.add(definition, 'app/jobs/all.ts')
  const name = attempt.name ?? definitions[0]?.name ?? 'nobody'
  return {
    attempt: {
      id: 'job-1',
      name,
      queue: 'default',
      data: {},
      attempt: 1,
      attempts: 3,
      starts: 1,
      pushedAt: 0,
      metadata: {},
      signal: new AbortController().signal,
      checkpoints: new MemoryCheckpoints(),
      report: () => undefined,
      ...attempt,
    },
    registry,
    definition: registry.job(name),
    log,
    receivedAt: 0,
    startedAt: 0,
    payload: undefined,
    returned: undefined,
    result: null,
    followUp: {},
    error: undefined,
  }
}
