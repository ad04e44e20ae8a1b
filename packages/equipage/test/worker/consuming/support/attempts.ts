import { type Attempt, MemoryCheckpoints } from '../../../../src/job/index.ts'

/** An attempt as a connection hands it over; changed as the test says. */
export function attemptOf(fields: Partial<Attempt>): Attempt {
  return {
    id: '1',
    name: 'job',
    queue: 'default',
    data: {},
    attempt: 1,
    attempts: 1,
    starts: 1,
    pushedAt: 0,
    metadata: {},
    signal: new AbortController().signal,
    checkpoints: new MemoryCheckpoints(),
    report: () => undefined,
    ...fields,
  }
}
