import type { Call, TickMemory } from '../../connection/index.ts'
import {
  type Clock,
  EquipageError,
  isEquipageError,
  settlesWithin,
  toError,
  wait,
} from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'

/** A function that runs longer than this is told of: a queue's worker is the place for it. */
const longCallMs = 30_000
/** The wait before another try to put an end on record while the connection is away. */
const retryMs = 1_000

interface Running {
  readonly call: Call
  readonly controller: AbortController
  /** By the monotonic clock. */
  readonly startedMs: number
}

/** How a function ended. */
export type CallOutcome = { readonly ok: true } | { readonly ok: false; readonly error: Error }

/** The functions of schedules that run in this process; each has a lease as long as it is here. */
export class RunningCalls {
  readonly #memory: TickMemory
  readonly #clock: Clock
  readonly #running = new Set<Running>()
  readonly #settling = new Set<Promise<unknown>>()
  readonly #stopping = new AbortController()

  constructor(memory: TickMemory, clock: Clock) {
    this.#memory = memory
    this.#clock = clock
  }

  /** What leases have to be renewed for. */
  get calls(): Call[] {
    return [...this.#running].map(({ call }) => call)
  }

  /**
   * Runs a function, and puts its end on record. It is left to itself; a stop waits for it.
   * @param run is given a signal: aborted when the process has to end before the function did,
   * and when its lease was lost
   * @param ended is told how it ended, before that is put on record
   */
  start(
    call: Call,
    log: Logger,
    run: (signal: AbortSignal) => Promise<unknown>,
    ended: (outcome: CallOutcome) => Promise<void>,
  ): void {
    const startedMs = this.#clock.monotonic()
    const running = { call, controller: new AbortController(), startedMs }
    this.#running.add(running)
    this.follow(this.#run(running, log, run, ended))
  }

  async #run(
    running: Running,
    log: Logger,
    run: (signal: AbortSignal) => Promise<unknown>,
    ended: (outcome: CallOutcome) => Promise<void>,
  ): Promise<void> {
    const long = this.#clock.after(longCallMs, () => {
      const text = `the function of a schedule has run for ${longCallMs / 1_000} s; let it push a job`
      log.warn(`${text}, which is retried, timed out and run by workers`)
    })
    let outcome: CallOutcome = { ok: true }
    try {
      await run(running.controller.signal)
    } catch (thrown) {
      outcome = { ok: false, error: toError(thrown) }
    }
    long.cancel()
    const durationMs = this.#durationMs(running)
    if (outcome.ok) log.debug({ durationMs }, 'the function of a schedule has ended')
    else log.error({ err: outcome.error, durationMs }, 'the function of a schedule failed')
    await ended(outcome)
    await this.#record(running, outcome, durationMs, log)
  }

  /** Tries until the connection takes it: the lease is renewed until then. */
  async #record(
    running: Running,
    outcome: CallOutcome,
    durationMs: number,
    log: Logger,
  ): Promise<void> {
    const { call } = running
    const fate = outcome.ok ? 'fired' : 'failed'
    const error = outcome.ok ? null : shortened(outcome.error.message)
    try {
      for (;;) {
        try {
          return await this.#memory.endRun({ ...call, fate, error, durationMs })
        } catch (thrown) {
          const away = isEquipageError(thrown, 'E_CONNECTION_AWAY')
          if (!away || this.#stopping.signal.aborted) throw thrown
        }
        await wait(this.#clock, retryMs, this.#stopping.signal)
      }
    } catch (thrown) {
      log.error({ err: toError(thrown) }, 'the end of a function could not be put on record')
    } finally {
      this.#running.delete(running)
    }
  }

  /** The leases of these ran out, and others may have gone on without them. */
  abortLost(lost: readonly Call[], log: Logger): void {
    for (const { name, tick } of lost) {
      for (const { call, controller } of this.#running) {
        if (call.name !== name || call.tick !== tick || controller.signal.aborted) continue
        const error = new EquipageError('E_LEASE_LOST', { schedule: name })
        controller.abort(error)
        log.warn({ schedule: name, tick: new Date(tick).toISOString() }, error.message)
      }
    }
  }

  #durationMs({ startedMs }: Running): number {
    return Math.round(this.#clock.monotonic() - startedMs)
  }

  /** Something that a stop waits for as well. */
  follow(work: Promise<unknown>): void {
    const settled = work.catch(() => undefined).finally(() => this.#settling.delete(settled))
    this.#settling.add(settled)
  }

  /**
   * Waits for the functions; after `graceMs` their signals are aborted, and they get a moment to heed them.
   * @returns those that did not, and were put on record as failed; and what their signals said
   */
  async stop(graceMs: number): Promise<{ abandoned: Call[]; reason: Error | null }> {
    const all = () => Promise.all(this.#settling)
    if (await settlesWithin(all(), graceMs, this.#clock)) return { abandoned: [], reason: null }
    const reason = new EquipageError('E_STOPPING', {})
    for (const { controller } of this.#running) controller.abort(reason)
    this.#stopping.abort(reason)
    await settlesWithin(all(), Math.min(graceMs, retryMs), this.#clock)
    const abandoned = this.calls
    for (const running of this.#running) {
      const durationMs = this.#durationMs(running)
      const end = { ...running.call, fate: 'failed' as const, durationMs }
      await this.#memory.endRun({ ...end, error: reason.message }).catch(() => undefined)
    }
    return { abandoned, reason }
  }
}

/** An error's text as the ledger keeps it. */
export function shortened(text: string): string {
  return text.length > 500 ? `${text.slice(0, 499)}…` : text
}
