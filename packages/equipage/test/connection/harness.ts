import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Connection } from '../../src/connection/index.ts'
import { redisConnection } from '../../src/connection/redis/redis-connection.ts'
import { syncConnection } from '../../src/connection/sync/sync-connection.ts'
import { systemClock } from '../../src/core/clock.ts'
import {
  AttemptRunner,
  type ChainDefinition,
  type JobDefinition,
  JobRegistry,
  type Pushable,
} from '../../src/job/index.ts'
import { Queue } from '../../src/queue/index.ts'
import { type CapturedLine, capturedLog } from '../support/lines.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

/** An application's parts over one connection, without a container. */
export interface Harness {
  queue: Queue
  connection: Connection
  lines: CapturedLine[]
  /** Another process of the same application, over the same state. */
  sibling(): Harness
  /** Begins to run what the connection keeps. */
  consume(concurrency?: number): Promise<void>
}

export type MakeHarness = (test: TestContext, definitions: readonly Pushable[]) => Harness

const keep = { ageMs: 3_600_000, count: 100 }

type Open = (parts: Parameters<typeof syncConnection>[1]) => Connection

/** Sync, over a state file of the test's own. */
export const syncHarness: MakeHarness = (test, definitions) => {
  const file = join(temporaryFolder(test), 'queue.sqlite')
  return harness(test, definitions, parts => syncConnection({ file, keepFailed: keep }, parts))
}

/** Redis, under a key prefix of the test's own. */
export const redisHarness =
  (server: { host: string; port: number }): MakeHarness =>
  (test, definitions) => {
    const prefix = `test-${randomUUID()}`
    const login = { url: null, db: 0, username: null, password: null }
    const settings = { ...server, ...login, prefix, keep: { completed: keep, failed: keep } }
    return harness(test, definitions, parts => redisConnection(settings, parts))
  }

function harness(test: TestContext, definitions: readonly Pushable[], open: Open): Harness {
  const { log, lines } = capturedLog()
  const registry = new JobRegistry()
  for (const definition of definitions as (JobDefinition | ChainDefinition)[]) {
    registry.add(definition, 'test')
    if (definition.kind === 'chain')
      for (const { job } of definition.links) registry.add(job, 'test')
  }
  const runner = new AttemptRunner({
    jobs: async () => registry,
    app: { name: 'the application' },
    log,
    clock: systemClock,
    random: () => 0,
    ready: async () => undefined,
    push: job => connection.carrier.push(job),
  })
  const connection = open({ run: attempt => runner.run(attempt), log, clock: systemClock })
  const queue = new Queue({
    carrier: async () => connection.carrier,
    clock: systemClock,
    registry: async () => registry,
  })
  const stops: (() => Promise<unknown>)[] = [() => connection.stop(0)]
  test.after(async () => {
    for (const stop of stops.reverse()) await stop()
  })
  return {
    queue,
    connection,
    lines,
    sibling: () => harness(test, definitions, open),
    async consume(concurrency = 10) {
      const consumer = connection.carrier.consume({ queues: registry.queues(), concurrency })
      stops.push(() => consumer.stop(0))
      await consumer.start()
    },
  }
}
