import assert from 'node:assert/strict'
import {
  type Attempt,
  AttemptRunner,
  type Definition,
  JobRegistry,
  MemoryCheckpoints,
  type Outcome,
  type PushedJob,
  type Receipt,
} from '../../../src/job/index.ts'
import { MemoryGroups } from '../../../src/simulation/memory-groups.ts'
import { capturedLog } from '../../support/captured-log.ts'
import { StubClock } from '../../support/stub-clock.ts'

/** A pipeline over some jobs, with a clock that stands still, and everything that it did. */
export function pipeline(definitions: readonly Definition[], dependencies: Partial<Parts> = {}) {
  const clock = new StubClock()
  const { log, lines } = capturedLog()
  const pushed: PushedJob[] = []
  const children: unknown[] = []
  const reported: unknown[] = []
  const checkpoints = new MemoryCheckpoints()
  const groups = new MemoryGroups(clock)
  const registry = new JobRegistry()
  for (const definition of definitions) registry.add(definition, 'app/jobs/all.ts')
  const runner = new AttemptRunner({
    jobs: async () => registry,
    app: 'the application',
    log,
    clock,
    random: () => 0,
    ready: async () => undefined,
    push: async job => {
      pushed.push(job)
      return receiptOf(job)
    },
    groups: async () => groups,
    pushChild: async (parent, { name }, args) => {
      children.push({ parent, name, args })
      return { id: 'child', name, queue: 'default', state: 'waiting' }
    },
    ...dependencies,
  })
  /** Runs one attempt of the first definition, changed as the test says. */
  const run = (attempt: Partial<Attempt> = {}): Promise<Outcome> =>
    runner.run({
      id: 'job-1',
      name: definitions[0]?.name ?? 'nobody',
      queue: 'default',
      data: {},
      attempt: 1,
      attempts: 3,
      starts: 1,
      pushedAt: clock.now(),
      metadata: {},
      signal: new AbortController().signal,
      checkpoints,
      report: progress => void reported.push(progress),
      ...attempt,
    })
  return { clock, lines, pushed, children, reported, checkpoints, groups, runner, run }
}

type Parts = ConstructorParameters<typeof AttemptRunner>[0]

export function receiptOf({ id = 'given', name, queue }: PushedJob): Receipt {
  return { id, name, queue, state: 'waiting' }
}

/** The error of an attempt that ended in a state. */
export function errorOf(outcome: Outcome, state: 'failed' | 'retrying'): Error {
  assert.ok(outcome.state === state, `${outcome.state} instead of ${state}`)
  return outcome.error
}
