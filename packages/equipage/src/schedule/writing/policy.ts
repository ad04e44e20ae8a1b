import type { TickContext } from './action.ts'
import type { Hook } from './hook.ts'

/** Which of the ticks that were missed is made up for: none, the latest one, or every one. */
export type MisfirePolicy = 'skip' | 'once' | 'all'

/** What happens to a tick while the run of the one before is unfinished. */
export type OverlapPolicy = 'allow' | 'skip' | 'queue'

/** A question that is asked at each tick; the tick is skipped when the answer is not `passWhen`. */
export interface Condition<App = unknown> {
  readonly kind: 'when' | 'skip'
  readonly passWhen: boolean
  readonly ask: (tick: TickContext<App>) => unknown
}

/** How a schedule treats its ticks, beside its timing. */
export interface SchedulePolicy<App = unknown> {
  /** Undefined: `skip` for an interval under a minute, `once` for anything else. */
  misfire: MisfirePolicy | undefined
  /** A missed tick older than this is dropped; null means that no age is too great. */
  misfireWithinMs: number | null
  overlap: OverlapPolicy
  conditions: readonly Condition<App>[]
  /** Values of `app.env` under which it fires; empty means all. */
  environments: readonly string[]
  tags: readonly string[]
  /** In the order in which they were written. */
  hooks: readonly Hook<App>[]
}

/** The policy of every schedule that names none: one object for all of them. */
export const defaultPolicy: Readonly<SchedulePolicy<unknown>> = Object.freeze({
  misfire: undefined,
  misfireWithinMs: null,
  overlap: 'allow',
  conditions: [],
  environments: [],
  tags: [],
  hooks: [],
})
