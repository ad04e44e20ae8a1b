import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { Queue as BullQueue } from 'bullmq'
import type { Connection, RunAttempt } from '../../../src/connection/index.ts'
import { redisConnection } from '../../../src/connection/redis/redis-connection.ts'
import { syncConnection } from '../../../src/connection/sync/sync-connection.ts'
import { type Clock, systemClock, wait } from '../../../src/core/clock.ts'
import {
  AttemptRunner,
  defineChain,
  defineJob,
  JobRegistry,
  type JobTick,
  readMetadata,
} from '../../../src/job/index.ts'
import type { Logger } from '../../../src/log/index.ts'
import { Queue } from '../../../src/queue/index.ts'
import { ScheduleHooks } from '../../../src/schedule/firing/hooks.ts'
import { EquipageScheduler } from '../../../src/schedule/index.ts'
import { capturedLog } from '../../support/lines.ts'
import { StubClock } from '../../support/stub-clock.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'
import type { FaultyProcess } from './faults.ts'

/** A job that was run for a tick. */
export interface Pushed {
  readonly tick: number
  readonly jobId: string
}

/** What the processes of one world did. Ticks in epoch milliseconds. */
export interface Totals {
  /** Jobs by tick: of `pushed`, and the last ones of the chain `chained`. */
  readonly pushed: Pushed[]
  readonly chained: Pushed[]
  /** Begun functions of `called`. */
  readonly called: number[]
}

/** What stands for a connection in a world of faults. */
export interface Ground {
  open(dependencies: { run: RunAttempt; log: Logger; clock: Clock }): Connection
  /** Where time begins, so that ticks are due after the anchors that the connection gives. */
  readonly start: string
  /** Jobs run in the process that claims their ticks; else they only wait. */
  readonly inline: boolean
  /** The jobs that wait, where nobody runs them. */
  waiting(): Promise<(Pushed & { readonly schedule: string })[]>
}

const keep = { ageMs: 3_600_000, count: 1_000 }
const ledger = { ageMs: 30 * 86_400_000, count: 1_000 }

/** A state file of the test's own. */
export function syncGround(test: TestContext): Ground {
  const file = join(temporaryFolder(test), 'queue.sqlite')
  return {
    open: dependencies => syncConnection({ file, keepFailed: keep, ledger }, dependencies),
    start: '2026-01-01T00:00:00Z',
    inline: true,
    waiting: async () => [],
  }
}

/** A prefix of the test's own. Leases end by Redis's clock, everything else goes by the test's. */
export function redisGround(server: { host: string; port: number }): Ground {
  const prefix = `test-${randomUUID()}`
  const login = { url: null, db: 0, username: null, password: null }
  const kept = { keep: { completed: keep, failed: keep }, ledger }
  return {
    open: dependencies =>
      redisConnection(
        { ...server, ...login, ...kept, prefix },
        { ...dependencies, clock: systemClock },
      ),
    start: new Date().toISOString(),
    inline: false,
    async waiting() {
      const queue = new BullQueue('default', { connection: server, prefix })
      const jobs = await queue.getJobs(['waiting', 'delayed', 'prioritized'])
      await queue.close()
      return jobs.map(job => {
        const { tick } = readMetadata((job.opts as { equipage?: unknown }).equipage)
        const at = Date.parse(tick?.scheduledFor ?? '')
        return { schedule: tick?.schedule ?? '', tick: at, jobId: job.id ?? '' }
      })
    },
  }
}

/** One application, whose processes are started one after the other over the same ground. */
export class FaultyWorld {
  readonly totals: Totals = { pushed: [], chained: [], called: [] }
  readonly #ground: Ground
  readonly #clock: StubClock
  readonly #opened: { connection: Connection; process: FaultyProcess }[] = []
  readonly #job = defineJob({
    name: 'noted',
    run: ({ tick, jobId }) => this.#note(this.totals.pushed, tick, jobId),
  })
  // Several attempts: a push of the next job that fails is an attempt that failed.
  readonly #first = defineJob({ name: 'first', attempts: 3, run: () => null })
  readonly #last = defineJob({
    name: 'last',
    run: ({ tick, jobId }) => this.#note(this.totals.chained, tick, jobId),
  })
  readonly #chain = defineChain({ name: 'both', start: this.#first }).andThen(
    this.#last,
    () => ({}),
  )

  constructor(ground: Ground) {
    this.#ground = ground
    this.#clock = new StubClock(ground.start)
  }

  #note(totals: Pushed[], tick: JobTick | undefined, jobId: string): void {
    if (tick) totals.push({ tick: tick.scheduledFor.getTime(), jobId })
  }

  /** Starts a process. */
  async boot(process: FaultyProcess) {
    const clock = process.clock(this.#clock)
    const { log } = capturedLog()
    const registry = this.#registry()
    const runner = new AttemptRunner({
      jobs: async () => registry,
      app: null,
      log,
      clock,
      random: () => 0,
      ready: async () => undefined,
      push: job => process.call('push', () => connection.carrier.push(job)),
      groups: async () => connection.groups,
      pushChild: () => Promise.reject(new Error('no job of these tests pushes')),
    })
    const run: RunAttempt = attempt => process.call('run', () => runner.run(attempt))
    const connection = this.#ground.open({ run, log, clock })
    this.#opened.push({ connection, process })
    const queue = new Queue({
      carrier: async () => connection.carrier,
      admin: async () => connection.admin,
      clock,
      registry: async () => registry,
    })
    const { called } = this.totals
    const [job, chain] = [this.#job, this.#chain]
    class Scheduler extends EquipageScheduler<unknown> {
      override register() {
        const every = () => this.schedule.every(4).seconds
        every().name('pushed').misfire('all').push(job)
        every().name('chained').misfire('all').push(chain)
        every()
          .name('called')
          .misfire('all')
          .do(async tick => {
            called.push(tick.scheduledFor.getTime())
            await wait(clock, 1_500)
          })
      }
    }
    const scheduler = new Scheduler({
      app: null,
      memory: process.memory(connection.ticks, clock),
      queue,
      env: 'testing',
      timezone: 'UTC',
      log,
      clock,
      hooks: new ScheduleHooks({ log, clock }),
      process: `test:${this.#opened.length}`,
    })
    const consumer = connection.carrier.consume({ queues: ['default'], concurrency: 10 })
    void scheduler.start()
    if (this.#ground.inline) void consumer.start()
    await this.#quiet(process)
    return {
      ticks: connection.ticks,
      /** Ends it as a deployment does; a dead one does not end. */
      stop: async () => {
        const stopping = scheduler.stop(5_000).then(() => consumer.stop(0))
        let stopped = false
        void stopping.then(() => {
          stopped = true
        })
        while (!stopped && !process.dead) await this.pass(500, process)
      },
    }
  }

  /** Time goes by, in small steps; after each the process does what it has to do. */
  async pass(ms: number, process: FaultyProcess): Promise<void> {
    for (let passed = 0; passed < ms; passed += 250) {
      this.#clock.advance(250)
      await this.#quiet(process)
    }
  }

  /** Waits until every call is answered, and nothing has come of the answers for a while. */
  async #quiet(process: FaultyProcess): Promise<void> {
    for (let calm = 0; calm < 8; calm++) {
      await setImmediate()
      if (process.underWay > 0 && !process.dead) calm = 0
    }
  }

  #registry(): JobRegistry {
    const registry = new JobRegistry()
    for (const definition of [this.#job, this.#first, this.#last, this.#chain])
      registry.add(definition, 'test')
    return registry
  }

  async close(): Promise<void> {
    for (const { connection, process } of this.#opened) {
      const stopped = connection.stop(0)
      // What a dead process has begun never ends.
      if (!process.dead || !connection.inline) await stopped
    }
  }
}
