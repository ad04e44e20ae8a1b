import { EquipageError } from '../../core/index.ts'
import type { Pushable } from '../../job/index.ts'
import {
  type Action,
  callAction,
  pushAction,
  type TickContext,
  type TickPayload,
} from './action.ts'
import { defaultPolicy, type SchedulePolicy } from './policy.ts'
import { Registered } from './registered.ts'
import { refuseBadName, type Schedule } from './schedule.ts'
import { type GatheredTiming, TimingBuilder } from './timing-builder.ts'
import type { TimingSpec } from './timing-spec.ts'

/** What a chain has gathered when its action is named. */
export interface ScheduleDraft<App> extends GatheredTiming {
  readonly name: string | undefined
  readonly policy: Readonly<SchedulePolicy<App>>
  readonly action: Action<App>
}

/** A schedule being written: `every().day` `.at('03:00')` `.do(backup)`. The action ends it. */
export class ScheduleBuilder<App = unknown> extends TimingBuilder<App> {
  #name: string | undefined
  #policy: Readonly<SchedulePolicy<App>> = defaultPolicy
  readonly #register: (draft: ScheduleDraft<App>) => Schedule<App>

  constructor(beginning: TimingSpec, register: (draft: ScheduleDraft<App>) => Schedule<App>) {
    super(beginning)
    this.#register = register
  }

  override name(text: string): this {
    refuseBadName(text, this.where)
    this.#name = text
    return this
  }

  /**
   * Calls a function at each tick, in the scheduler's own process: with the arguments
   * given here, then the tick. A function that answers `stop` is not called again.
   */
  do(run: (tick: TickContext<App>) => unknown): Registered<App>
  do<
    Args extends readonly [unknown, ...unknown[]],
    Run extends (...args: [...Args, TickContext<App>]) => unknown,
  >(run: Run, ...args: Args): Registered<App>
  do(run: (...args: never[]) => unknown, ...args: readonly unknown[]): Registered<App> {
    if (typeof run !== 'function')
      throw new EquipageError('E_BAD_TIMING', {
        where: `${this.where}.do(...)`,
        fault:
          'takes the function to call, then its arguments; write .do(cleanup), not .do(cleanup())',
      })
    return this.#end(callAction(run, args))
  }

  /**
   * Pushes a job or a chain at each tick.
   * @param payload constant, or a function that makes it of the tick
   */
  push<Input>(job: Pushable<Input>, ...payload: TickPayload<App, Input>): Registered<App> {
    return this.#end(pushAction(job, payload[0]))
  }

  protected override get policy(): Readonly<SchedulePolicy<App>> {
    return this.#policy
  }

  protected override change(policies: Partial<SchedulePolicy<App>>): void {
    this.#policy = { ...this.#policy, ...policies }
  }

  #end(action: Action<App>): Registered<App> {
    const schedule = this.#register(
      this.gathered({ name: this.#name, policy: this.#policy, action }),
    )
    return new Registered(schedule)
  }
}
