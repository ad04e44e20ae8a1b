import type { HeartbeatReply, SchedulerReport, TickMemory } from '../../connection/index.ts'
import { type Clock, type EventSink, isEquipageError, toError } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import { ClockWatch } from './clock-watch.ts'
import type { RunningCalls } from './running-calls.ts'
import { emitFailed, type TickEvents } from './tick-events.ts'

/** A sign of life is given this often, and more often while functions run under leases. */
const everyMs = 5_000
const everyWithCallsMs = 3_000
/** A machine's clock that is further off than this is warned of. */
const skewWarningMs = 1_000
/** A process that was away for longer than this was absent. */
const absentFromMs = 1_000

export interface SchedulerHeartbeatDependencies {
  memory: TickMemory
  calls: RunningCalls
  deployment: string
  /** Host and process id. */
  process: string
  /** Told of functions that were interrupted. */
  events?: EventSink<TickEvents> | undefined
  log: Logger
  clock: Clock
}

/**
 * Tells the others that this process is alive, and finds out when it was not: a machine that
 * slept, a clock that was set, a process that was held still.
 */
export class SchedulerHeartbeat {
  readonly #dependencies: SchedulerHeartbeatDependencies
  readonly #watch: ClockWatch
  /** When the process is to come to its turn, on the connection's clock. */
  #backAt = 0
  #givenAtMs: number
  #giving: Promise<HeartbeatReply['current'] | undefined> | undefined
  #skewed = false

  constructor(dependencies: SchedulerHeartbeatDependencies) {
    this.#dependencies = dependencies
    this.#watch = new ClockWatch(dependencies.clock)
    this.#givenAtMs = dependencies.clock.monotonic()
  }

  /** The process goes to sleep for so long, in milliseconds. */
  expect(sleepMs: number): void {
    this.#backAt = this.#dependencies.memory.now() + sleepMs
    this.#watch.expect(sleepMs)
  }

  /**
   * Looks at the clocks, and gives a sign if it is time or something happened.
   * @returns whose deployment is current; undefined when no sign was given, or the connection is away
   */
  look(): Promise<HeartbeatReply['current'] | undefined> {
    const interrupted = this.#tellInterruption()
    const { calls, clock } = this.#dependencies
    const dueMs = calls.calls.length > 0 ? everyWithCallsMs : everyMs
    const isTime = clock.monotonic() - this.#givenAtMs >= dueMs
    if (!interrupted && !isTime) return Promise.resolve(undefined)
    this.#givenAtMs = clock.monotonic()
    this.#giving ??= this.#give(interrupted ? this.#backAt : undefined).finally(() => {
      this.#giving = undefined
    })
    return this.#giving
  }

  #tellInterruption(): boolean {
    const seen = this.#watch.look()
    if (!seen) return false
    const { log, calls } = this.#dependencies
    const { jumpMs, stillMs } = seen
    if (Math.abs(jumpMs) > stillMs) {
      const text = 'clock_jump: the machine slept, or its clock was set'
      log.warn({ event: 'clock_jump', jumpMs }, text)
    } else {
      const functions = calls.calls.map(({ name }) => name)
      const text = 'this process stood still; let functions that compute for long push a job'
      log.warn({ event: 'stood_still', stillMs, functions }, text)
    }
    return true
  }

  async #give(backAt: number | undefined): Promise<HeartbeatReply['current'] | undefined> {
    const { memory, calls, events, log } = this.#dependencies
    try {
      const report = this.#report()
      const heartbeat = await memory.heartbeat(report)
      // The time is measured now: only it tells a machine that slept from a clock that was set.
      if (backAt !== undefined && memory.now() - backAt > absentFromMs) {
        await memory.heartbeat({ ...report, absent: { from: backAt, to: memory.now() } })
      }
      calls.abortLost(heartbeat.lost, log)
      for (const { name, tick } of heartbeat.interrupted) {
        const scheduledFor = new Date(tick)
        emitFailed(events, { schedule: name, scheduledFor }, null)
        const fields = { schedule: name, tick: scheduledFor.toISOString() }
        log.error(fields, 'tick failed: its function was interrupted, its process is gone')
      }
      this.warnOfSkew()
      return heartbeat.current
    } catch (error) {
      // A lost connection is told of once, by the connection itself.
      if (!isEquipageError(error, 'E_CONNECTION_AWAY')) {
        log.error({ err: toError(error) }, 'the sign of life could not be given')
      }
      return undefined
    }
  }

  /** Tells once of a machine's clock that is off. */
  warnOfSkew(): void {
    const skewMs = Math.round(this.#dependencies.memory.skewMs())
    const skewed = Math.abs(skewMs) > skewWarningMs
    if (skewed && !this.#skewed) {
      const text = "this machine's clock is off; ticks follow the connection's clock all the same"
      this.#dependencies.log.warn({ event: 'clock_skew', skewMs }, text)
    }
    this.#skewed = skewed
  }

  /** The last sign: others need not wait for this process. */
  async leave(): Promise<void> {
    await this.#giving
    await this.#dependencies.memory
      .heartbeat({ ...this.#report(), leaving: true })
      .catch(() => undefined)
  }

  #report(): SchedulerReport {
    const { deployment, process, calls } = this.#dependencies
    return { deployment, process, calls: calls.calls }
  }
}
