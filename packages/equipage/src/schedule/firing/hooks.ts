import type { Reason } from '../../connection/index.ts'
import { type Clock, settlesWithin, toError } from '../../core/index.ts'
import type { RunOutcome } from '../../job/index.ts'
import type { Logger } from '../../log/index.ts'
import type { Hook, Ping, Schedule, SkipReason, TickContext } from '../writing/index.ts'
import { Pings } from './pings.ts'

export type { RunOutcome }

/** How long a hook is waited for; then it is left to itself. */
const patienceMs = 30_000

/**
 * Calls the hooks of schedules and sends their pings.
 *
 * 1. The hooks of one moment are called in the order in which they were written, each when the
 *    one before has ended.
 * 2. A hook that throws, or does not end, is logged and changes nothing else: nothing here rejects.
 * 3. Pings hold nothing up.
 */
export class ScheduleHooks<App = unknown> {
  readonly #log: Logger
  readonly #clock: Clock
  readonly #pings: Pings

  constructor(dependencies: { log: Logger; clock: Clock }) {
    this.#log = dependencies.log
    this.#clock = dependencies.clock
    this.#pings = new Pings(dependencies)
  }

  /** A run is about to begin. */
  async begin(schedule: Schedule<App>, tick: TickContext<App>): Promise<void> {
    const { hooks } = schedule
    if (hooks.length === 0) return
    this.#ping('pingBefore', hooks, tick)
    for (const hook of hooks)
      if (hook.kind === 'before') await this.#call(hook.kind, tick, () => hook.call(tick))
  }

  /** A run has finally ended. */
  async end(schedule: Schedule<App>, tick: TickContext<App>, outcome: RunOutcome): Promise<void> {
    const { hooks } = schedule
    if (hooks.length === 0) return
    this.#ping(outcome.ok ? 'thenPing' : 'pingOnFailure', hooks, tick)
    for (const kind of ['after', outcome.ok ? 'onSuccess' : 'onFailure'] as const)
      for (const hook of hooks)
        if (hook.kind === kind) await this.#call(kind, tick, () => hook.call(tick, outcome))
  }

  /** A tick failed before its run began: there is nothing that `after` could come after. */
  async fail(schedule: Schedule<App>, tick: TickContext<App>, error: Error): Promise<void> {
    const { hooks } = schedule
    if (hooks.length === 0) return
    this.#ping('pingOnFailure', hooks, tick)
    const outcome: RunOutcome = { ok: false, error }
    for (const hook of hooks)
      if (hook.kind === 'onFailure')
        await this.#call(hook.kind, tick, () => hook.call(tick, outcome))
  }

  /** A tick was skipped; what else a reason can say is no skip, and calls nothing. */
  async skip(schedule: Schedule<App>, tick: TickContext<App>, reason: Reason): Promise<void> {
    const { hooks } = schedule
    if (hooks.length === 0 || !isSkipReason(reason)) return
    for (const hook of hooks)
      if (hook.kind === 'onSkip') await this.#call(hook.kind, tick, () => hook.call(tick, reason))
  }

  /** Waits for the pings that are on their way, `limitMs` at most. */
  settle(limitMs: number): Promise<void> {
    return this.#pings.settle(limitMs)
  }

  #ping(kind: Ping['kind'], hooks: readonly Hook<App>[], tick: TickContext<App>): void {
    for (const hook of hooks)
      if (hook.kind === kind) this.#pings.send(hook.url, { ...fieldsOf(tick), hook: kind })
  }

  async #call(kind: string, tick: TickContext<App>, call: () => unknown): Promise<void> {
    const fields = { ...fieldsOf(tick), hook: kind }
    const running = (async () => call())().catch(thrown =>
      this.#log.error({ ...fields, err: toError(thrown) }, 'a hook of the schedule failed'),
    )
    if (!(await settlesWithin(running, patienceMs, this.#clock)))
      this.#log.error(
        { ...fields, waitedMs: patienceMs },
        'a hook of the schedule does not end, and is not waited for any longer',
      )
  }
}

const skipReasons: ReadonlySet<string> = new Set<SkipReason>([
  'overlap',
  'condition',
  'environment',
  'paused',
  'refused',
])

function isSkipReason(reason: Reason): reason is SkipReason {
  return skipReasons.has(reason)
}

function fieldsOf(tick: Pick<TickContext, 'schedule' | 'scheduledFor'>): {
  schedule: string
  tick: string
} {
  return { schedule: tick.schedule, tick: tick.scheduledFor.toISOString() }
}
