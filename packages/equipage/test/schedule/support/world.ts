import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import type { LedgerRow, RunAttempt, TickMemory } from '../../../src/connection/index.ts'
import { syncConnection } from '../../../src/connection/sync/sync-connection.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { EventHub } from '../../../src/core/events.ts'
import {
  AttemptRunner,
  defineJob,
  type JobDefinition,
  type JobEvents,
  JobRegistry,
  type TickMetadata,
} from '../../../src/job/index.ts'
import { Queue } from '../../../src/queue/index.ts'
import { ScheduleHooks } from '../../../src/schedule/firing/hooks.ts'
import { EquipageScheduler, type TickEvents, type Timetable } from '../../../src/schedule/index.ts'
import { VirtualClock } from '../../../src/testing/index.ts'
import { capturedLog } from '../../support/lines.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const hour = 3_600_000

export const notedJob = defineJob({
  name: 'noted',
  payload: z.object({ at: z.string() }),
  run: () => null,
})

type Register = (schedule: Timetable<unknown>) => void

/** One of the processes of the application. */
export interface BootedProcess {
  readonly scheduler: EquipageScheduler<unknown>
  readonly ticks: TickMemory
  stop(): Promise<void>
  /** As SIGKILL does: nothing that it began goes on, and nothing that it asked is answered. */
  die(): void
}

/**
 * A scheduler over a state file, on a clock that the test moves; it can be started again over the
 * same file, and several run side by side. On a steady clock it goes from tick to tick; where the wall
 * clock is moved alone, the clock is not, and the scheduler wakes once a second.
 */
export function world(
  test: TestContext,
  { start = '2026-01-01T00:00:00Z', steady = true }: { start?: string; steady?: boolean } = {},
) {
  const clock = new VirtualClock(start, { steady })
  const file = join(temporaryFolder(test), 'queue.sqlite')
  const ran: TickMetadata[] = []
  const { log, lines } = capturedLog()
  const registry = new JobRegistry()
  registry.add(notedJob, 'test')
  const events = new EventHub<JobEvents & TickEvents>((event, err) => log.error({ event, err }))
  let processes = 0

  /** Another process of the same application. */
  const boot = async (
    register: Register,
    given: { jobs?: JobDefinition[]; env?: string } = {},
  ): Promise<BootedProcess> => {
    for (const job of given.jobs ?? []) if (!registry.job(job.name)) registry.add(job, 'test')
    const life = { dead: false }
    const own = mortalClock(clock, life)
    const runner = new AttemptRunner({
      jobs: async () => registry,
      app: null,
      log,
      clock: own,
      random: () => 0,
      ready: async () => undefined,
      push: pushed => connection.carrier.push(pushed),
      groups: async () => connection.groups,
      pushChild: () => Promise.reject(new Error('no job of these tests pushes')),
    })
    const run: RunAttempt = async attempt => {
      if (life.dead) return forever()
      if (attempt.metadata.tick) ran.push({ ...attempt.metadata.tick })
      return runner.run(attempt)
    }
    const retention = { ageMs: 1_000 * hour, count: 10_000 }
    const connection = syncConnection(
      { file, keepFailed: { ageMs: hour, count: 10 }, ledger: retention },
      { run, log, clock: own },
    )
    const queue = new Queue({
      carrier: async () => connection.carrier,
      admin: async () => connection.admin,
      clock: own,
      registry: async () => registry,
    })
    class Scheduler extends EquipageScheduler<unknown> {
      override register() {
        register(this.schedule)
      }
    }
    const ticks = mortal(connection.ticks, life)
    const scheduler = new Scheduler({
      app: { name: 'app' },
      memory: ticks,
      queue,
      env: given.env ?? 'testing',
      timezone: 'UTC',
      log,
      clock: own,
      hooks: new ScheduleHooks({ log, clock: own }),
      events,
      process: `test:${++processes}`,
    })
    const stop = async () => {
      if (!life.dead) await scheduler.stop()
      await connection.stop(0)
    }
    test.after(stop)
    await scheduler.start()
    return {
      scheduler,
      ticks: connection.ticks,
      stop,
      die() {
        life.dead = true
      },
    }
  }

  /** The ledger of a schedule, as any process can read it. */
  const ledger = async (process: BootedProcess, name: string): Promise<LedgerRow[]> => {
    const everything = { from: 0, to: Number.MAX_SAFE_INTEGER, limit: 100_000 }
    return process.ticks.ledger({ name, ...everything })
  }
  return {
    clock,
    boot,
    ran,
    lines,
    events,
    ledger,
    instants: () => ran.map(({ scheduledFor }) => scheduledFor.slice(11, 19)),
  }
}

/** Rows as a test reads them: `00:01 fired`, `00:02-00:04 missed x3`, `00:05 skipped paused`. */
export function told(rows: readonly LedgerRow[]): string[] {
  const time = (tick: number) => new Date(tick).toISOString().slice(11, 16)
  return rows.map(({ tick, first, count, fate, reason, misfire }) => {
    const when = first === tick ? time(tick) : `${time(first)}-${time(tick)}`
    const more = [reason, misfire ? 'misfire' : null, count > 1 ? `x${count}` : null]
    return [when, fate, ...more.filter(word => word !== null)].join(' ')
  })
}

function forever<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}

/** A clock whose timers no longer fire once its process is dead. */
export function mortalClock(clock: Clock, life: { dead: boolean }): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    ...(clock.steady === undefined ? {} : { steady: clock.steady }),
    after: (delayMs, fire) =>
      clock.after(delayMs, () => {
        if (!life.dead) fire()
      }),
  }
}

/** A memory that no longer hears, nor answers, once its process is dead. */
export function mortal(memory: TickMemory, life: { dead: boolean }): TickMemory {
  return new Proxy(memory, {
    get(target, key) {
      const member = Reflect.get(target, key) as unknown
      if (typeof member !== 'function') return member
      return (...args: unknown[]) => {
        if (key === 'now' || key === 'skewMs') return member.apply(target, args)
        if (life.dead) return forever()
        const answer = member.apply(target, args) as Promise<unknown>
        return answer.then(value => (life.dead ? forever() : value))
      }
    },
  })
}
