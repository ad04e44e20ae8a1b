import type { Temporal } from 'temporal-polyfill'
import { type Clock, EquipageError, shown } from '../../core/index.ts'
import type { Timing } from '../timing/index.ts'
import type { Action } from './action.ts'
import { definitionOf } from './definition.ts'
import type { Hook } from './hook.ts'
import { epochMsOf, type InstantLike, zonedAt } from './instant.ts'
import type { Condition, MisfirePolicy, OverlapPolicy, SchedulePolicy } from './policy.ts'

/** One registered periodic entry: a timing, an action, and how its ticks are treated. */
export class Schedule<App = unknown> {
  readonly action: Action<App>
  /** The policies that were named; shared with other schedules, so it is replaced, never changed. */
  policy: Readonly<SchedulePolicy<App>>
  #name: string | undefined
  #timing: Timing
  #anchor: number
  readonly #clock: Pick<Clock, 'now'>

  /** Anchored now; whoever remembers an older anchor says so by anchorAt. */
  constructor(dependencies: {
    name: string | undefined
    timing: Timing
    action: Action<App>
    policy: Readonly<SchedulePolicy<App>>
    clock: Pick<Clock, 'now'>
  }) {
    this.action = dependencies.action
    this.policy = dependencies.policy
    this.#name = dependencies.name
    this.#timing = dependencies.timing
    this.#clock = dependencies.clock
    this.#anchor = Math.floor(dependencies.clock.now())
  }

  /** Its own name, else its action's; undefined for an anonymous function, which is refused when register() ends. */
  get name(): string | undefined {
    return this.#name ?? this.action.name
  }

  get timing(): Timing {
    return this.#timing
  }

  /** Epoch milliseconds of the first registration: what intervals count from. */
  get anchor(): number {
    return this.#anchor
  }

  /** The timing in words, without its zone. */
  get words(): string {
    return this.#timing.words
  }

  /** The IANA name of the zone that its ticks are computed and told in. */
  get zone(): string {
    return this.#timing.zone
  }

  /** What it is registered as; see definitionOf. */
  get definition(): string {
    const { action, policy } = this
    return definitionOf({ timing: this.#timing.definition, action, policy })
  }

  get conditions(): readonly Condition<App>[] {
    return this.policy.conditions
  }

  get tags(): readonly string[] {
    return this.policy.tags
  }

  get environments(): readonly string[] {
    return this.policy.environments
  }

  /** What is called, and which addresses are pinged, beside its runs. */
  get hooks(): readonly Hook<App>[] {
    return this.policy.hooks
  }

  get overlap(): OverlapPolicy {
    return this.policy.overlap
  }

  /** Its own policy, else `skip` for an interval under a minute and `once` for anything else. */
  get misfire(): MisfirePolicy {
    if (this.policy.misfire) return this.policy.misfire
    return !this.#timing.calendar && this.#timing.shortestGapMs < 60_000 ? 'skip' : 'once'
  }

  /** A missed tick older than this is dropped; null means that no age is too great. */
  get misfireWithinMs(): number | null {
    return this.policy.misfireWithinMs
  }

  /** The first registration was at another moment than now. */
  anchorAt(epochMs: number): void {
    this.#anchor = Math.floor(epochMs)
  }

  /**
   * Names it; what its timing draws from the name is drawn anew.
   * @throws E_BAD_TIMING when the text is no name
   */
  rename(name: string): void {
    refuseBadName(name, this.#timing.words)
    this.#name = name
    this.#timing = this.#timing.reseed?.(name) ?? this.#timing
  }

  /**
   * The first tick after an instant.
   * @param after excluded; now when left out
   * @returns in the schedule's zone; null when it never fires again
   * @throws E_BAD_INSTANT
   */
  next(after?: InstantLike): Temporal.ZonedDateTime | null {
    const tick = this.#timing.next(this.#after(after), this.#anchor)
    return tick === null ? null : zonedAt(tick, this.zone)
  }

  /**
   * The first ticks after an instant.
   * @returns as many as asked for, fewer when the schedule ends
   * @throws E_BAD_INSTANT
   */
  nextTicks(count: number, after?: InstantLike): Temporal.ZonedDateTime[] {
    const ticks: Temporal.ZonedDateTime[] = []
    let tick: number | null = this.#after(after)
    while (ticks.length < count) {
      tick = this.#timing.next(tick, this.#anchor)
      if (tick === null) break
      ticks.push(zonedAt(tick, this.zone))
    }
    return ticks
  }

  #after(given: InstantLike | undefined): number {
    if (given === undefined) return Math.floor(this.#clock.now())
    return epochMsOf(given, `schedule "${this.name ?? this.words}"`)
  }
}

/** @throws E_BAD_TIMING unless it is a text of one line, 1 to 200 characters, that begins and ends with none blank */
export function refuseBadName(name: unknown, where: string): void {
  if (typeof name === 'string' && name.length <= 200 && /^\S(.*\S)?$/.test(name)) return
  throw new EquipageError('E_BAD_TIMING', {
    where: `${where}, .name(${shown(name)})`,
    fault: 'is no name; use 1 to 200 characters on one line, without blanks around them',
  })
}
