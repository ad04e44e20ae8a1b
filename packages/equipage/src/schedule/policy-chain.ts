import { type Duration, durationMs } from '../core/durations.ts'
import { EquipageError } from '../core/errors.ts'
import type { TickContext } from './action.ts'
import type { MisfirePolicy, OverlapPolicy, SchedulePolicy } from './policy.ts'

/** The part of a chain that says how ticks are treated; it may stand before the action or after it. */
export abstract class PolicyChain<App> {
  /** Takes over some policies. */
  protected abstract change(policies: Partial<SchedulePolicy<App>>): void
  protected abstract readonly policy: Readonly<SchedulePolicy<App>>
  /** The chain as an error names it. */
  protected abstract readonly place: string

  /** The schedule's name: stable, and its own in the timetable. */
  abstract name(text: string): this

  /**
   * What happens to ticks whose time passed while nothing could fire them.
   * @param options.within a missed tick older than this is dropped
   * @throws E_BAD_TIMING, E_BAD_DURATION
   */
  misfire(policy: MisfirePolicy, options: { within?: Duration } = {}): this {
    this.#oneOf('misfire', policy, ['skip', 'once', 'all'])
    const place = `${this.place}.misfire('${policy}'), within`
    this.change({
      misfire: policy,
      misfireWithinMs: options.within === undefined ? null : durationMs(options.within, place),
    })
    return this
  }

  /**
   * What happens to a tick while the run of the one before is unfinished.
   * @throws E_BAD_TIMING
   */
  overlap(policy: OverlapPolicy): this {
    this.#oneOf('overlap', policy, ['allow', 'skip', 'queue'])
    this.change({ overlap: policy })
    return this
  }

  /** Skips a tick while the run of the one before is unfinished. */
  withoutOverlapping(): this {
    return this.overlap('skip')
  }

  /** Fires only when every such question is answered by something true. */
  when(ask: (tick: TickContext<App>) => unknown): this {
    this.#condition('when', true, ask)
    return this
  }

  /** Does not fire when any such question is answered by something true. */
  skip(ask: (tick: TickContext<App>) => unknown): this {
    this.#condition('skip', false, ask)
    return this
  }

  /** Fires only where the application's environment (`APP_ENV`) is one of these. */
  environments(...names: readonly (string | readonly string[])[]): this {
    this.change({ environments: [...this.policy.environments, ...names.flat()] })
    return this
  }

  /** Marks the schedule, so that `all(tag)` and `clear(tag)` find it. */
  tag(...tags: readonly string[]): this {
    this.change({ tags: [...new Set([...this.policy.tags, ...tags])] })
    return this
  }

  #condition(kind: 'when' | 'skip', passWhen: boolean, ask: (tick: TickContext<App>) => unknown) {
    if (typeof ask !== 'function')
      throw new EquipageError('E_BAD_TIMING', {
        place: `${this.place}.${kind}(...)`,
        fault: 'takes a function that is asked at each tick; write () => ...',
      })
    this.change({ conditions: [...this.policy.conditions, { kind, passWhen, ask }] })
  }

  #oneOf(call: string, given: string, allowed: readonly string[]): void {
    if (allowed.includes(given)) return
    throw new EquipageError('E_BAD_TIMING', {
      place: `${this.place}.${call}('${String(given)}')`,
      fault: `is no such policy; use '${allowed.join("', '")}'`,
    })
  }
}
