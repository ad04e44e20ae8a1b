import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { TestContext } from 'node:test'
import { Queue as BullQueue } from 'bullmq'
import { forkIsolated } from '../../../src/app/isolated-fork.ts'
import type { Connection, FollowLost, LimitsOf } from '../../../src/connection/index.ts'
import { redisConnection } from '../../../src/connection/redis/redis-connection.ts'
import { workerClient } from '../../../src/connection/redis/server/client.ts'
import type { RedisSettings } from '../../../src/connection/redis/server/settings.ts'
import { syncConnection } from '../../../src/connection/sync/sync-connection.ts'
import { type Clock, systemClock } from '../../../src/core/clock.ts'
import { EventHub, type EventSource } from '../../../src/core/events.ts'
import {
  AttemptRunner,
  type Definition,
  type JobEvents,
  JobRegistry,
  jobsWithin,
  type Pushable,
} from '../../../src/job/index.ts'
import { Queue } from '../../../src/queue/index.ts'
import { type MemoryPush, memoryConnection } from '../../../src/simulation/memory-connection.ts'
import { GroupReaper, IsolatedProcesses } from '../../../src/worker/index.ts'
import { MemoryWorker } from '../../simulation/memory-worker.ts'
import { eventually } from '../../support/eventually.ts'
import { type CapturedLine, capturedLog } from '../../support/lines.ts'
import { MovableClock } from '../../support/movable-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

/** An application's parts over one connection, without a container. */
export interface Harness {
  queue: Queue
  connection: Connection
  lines: CapturedLine[]
  /** What is told of jobs in this process. */
  events: EventSource<JobEvents>
  /** Another process of the same application, over the same state; of another release when its jobs are given. */
  sibling(definitions?: readonly Pushable[]): Harness
  /** Begins to run what the connection keeps. */
  consume(concurrency?: number): Promise<void>
  /** Lets the connection's time go on: at once, or, where time cannot be moved, by waiting for it. */
  pass(ms: number): Promise<void>
  /** false: `pass` takes as long as it says. */
  readonly passesAtOnce: boolean
  /** Looks after groups once, as workers do again and again. */
  tend(): Promise<void>
  /** Takes a job out of its queue, as somebody who looks after it may. */
  remove(queue: string, id: string): Promise<void>
}

export type MakeHarness = (test: TestContext, definitions: readonly Pushable[]) => Harness

/** What processes of isolated jobs load: a test's own definitions are not there. */
const isolatedApplication = {
  basePath: join(import.meta.dirname, '..', '..', 'support', 'isolated-application'),
  env: { LOG_CHANNEL: 'null' },
  output: 'stdout',
} as const

/** Which finished jobs the connections of these tests keep. */
export const keep = { ageMs: 3_600_000, count: 100 }

/** How many rows of a schedule the connections of these tests keep. */
export const ledger = { ageMs: 30 * 86_400_000, count: 20 }

interface Opening {
  runner: AttemptRunner
  events: EventHub<JobEvents>
  log: Parameters<typeof syncConnection>[1]['log']
  limitsOf: LimitsOf
  clock: Clock
}

/** What differs from connection to connection. */
interface Kind extends Pick<Harness, 'passesAtOnce' | 'remove'> {
  readonly clock: Clock
  open(dependencies: Opening): Connection
  pass(ms: number, connection: Connection): Promise<void>
  /** In place of the connection's own consumer. */
  consume?(dependencies: Opening): { start(): Promise<void>; stop(): Promise<unknown> }
}

/** Sync, over a state file of the test's own. */
export const syncHarness: MakeHarness = (test, definitions) => {
  const file = join(temporaryFolder(test), 'queue.sqlite')
  const clock = new MovableClock()
  return harness(test, definitions, {
    clock,
    open: ({ runner, ...dependencies }) =>
      syncConnection(
        { file, keepFailed: keep, ledger },
        { run: attempt => runner.run(attempt), ...dependencies },
      ),
    passesAtOnce: true,
    pass: async ms => clock.move(ms),
    async remove(_queue, id) {
      const database = new DatabaseSync(file)
      assert.equal(database.prepare('delete from jobs where id = ?').run(id).changes, 1)
      database.close()
    },
  })
}

/** Redis wherever it is, under a key prefix of the test's own. */
export const redisHarness =
  (where: Partial<RedisSettings>, lockMs = 30_000): MakeHarness =>
  (test, definitions) => {
    const settings = redisSettings(where)
    const kept = { keep: { completed: keep, failed: keep }, lockMs, ledger }
    return harness(test, definitions, {
      clock: systemClock,
      open: ({ runner, ...dependencies }) =>
        redisConnection(
          { ...settings, ...kept },
          {
            run: attempt => runner.run(attempt),
            lost: (job, error) => runner.lost(job, error),
            ...dependencies,
          },
        ),
      passesAtOnce: false,
      async pass(ms, { ticks }) {
        const until = ticks.now() + ms
        await eventually(() => assert.ok(ticks.now() >= until))
      },
      async remove(queue, id) {
        const connection = workerClient(settings)
        const bull = new BullQueue(queue, { connection, prefix: settings.prefix })
        // A job that is just being put back is still locked.
        await eventually(async () => assert.equal(await bull.remove(id), 1))
        await bull.close()
        connection.disconnect()
      },
    })
  }

/** Settings of a server, under a key prefix of their own. */
export function redisSettings(where: Partial<RedisSettings>): RedisSettings {
  return {
    ...{ url: null, host: '127.0.0.1', port: 6_379, db: 0, username: null, password: null },
    prefix: `{test-${randomUUID()}}`,
    ...where,
  }
}

/** Memory, of which every process of the test has a part. */
export const memoryHarness: MakeHarness = (test, definitions) => {
  const clock = new MovableClock()
  let pushed: ((push: MemoryPush) => void) | undefined
  const connection = memoryConnection({
    clock,
    ledger,
    durationOf: () => Number.POSITIVE_INFINITY,
    onPush: push => pushed?.(push),
  })
  return harness(test, definitions, {
    clock,
    open: () => connection,
    passesAtOnce: true,
    pass: async ms => clock.move(ms),
    remove: async (_queue, id) => connection.carrier.end(id),
    consume({ runner }) {
      const worker = new MemoryWorker(connection, runner, clock)
      const run = (push: MemoryPush) => void worker.run(push)
      return {
        async start() {
          connection.carrier.pushes.forEach(run)
          pushed = run
        },
        stop: async () => worker.stop(),
      }
    },
  })
}

function harness(test: TestContext, definitions: readonly Pushable[], kind: Kind): Harness {
  const { clock } = kind
  const { log, lines } = capturedLog()
  const registry = new JobRegistry()
  for (const definition of definitions as Definition[]) {
    registry.add(definition, 'test')
    for (const { job } of jobsWithin(definition)) registry.add(job, 'test')
  }
  const events = new EventHub<JobEvents>((event, err) =>
    log.error({ event, err }, 'listener failed'),
  )
  const isolated = new IsolatedProcesses({
    fork: () => forkIsolated(isolatedApplication),
    jobs: async () => registry,
    log,
    clock: systemClock,
  })
  const runner = new AttemptRunner({
    jobs: async () => registry,
    app: { name: 'the application' },
    log,
    clock,
    random: () => 0,
    ready: async () => undefined,
    push: job => connection.carrier.push(job),
    groups: async () => connection.groups,
    payloadLimitBytes: 10_000_000,
    pushChild: (parent, job, args) => queue.pushChild(parent, job, args),
    events,
    isolated,
  })
  const limitsOf: LimitsOf = async name => registry.limits(name)
  const connection = kind.open({ limitsOf, runner, events, log, clock })
  const queue = new Queue({
    carrier: async () => connection.carrier,
    admin: async () => connection.admin,
    clock,
    registry: async () => registry,
    payloadLimitBytes: 10_000_000,
    events,
  })
  const stops: (() => Promise<unknown>)[] = [() => isolated.stop(), () => connection.stop(0)]
  test.after(async () => {
    for (const stop of stops.reverse()) await stop()
  })
  return {
    queue,
    connection,
    lines,
    events,
    sibling: (other = definitions) => harness(test, other, kind),
    async consume(concurrency = 10) {
      const consumer =
        kind.consume?.({ limitsOf, runner, events, log, clock }) ??
        connection.carrier.consume({ queues: registry.queues(), concurrency })
      stops.push(() => consumer.stop(0))
      await consumer.start()
    },
    pass: ms => kind.pass(ms, connection),
    passesAtOnce: kind.passesAtOnce,
    remove: kind.remove,
    tend() {
      const { admin, groups: memory } = connection
      const goOn = (id: string) => runner.goOn(id)
      const lost: FollowLost = (job, error) => runner.lost(job, error)
      return new GroupReaper({ memory, admin, goOn, lost, log }).round(0)
    },
  }
}
