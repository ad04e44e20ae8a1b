import { type Duration, durationMs, EquipageError, shown } from '../../core/index.ts'
import type { TickContext } from './action.ts'
import type { BeforeHook, EndHook, Hook, Ping, SkipHook } from './hook.ts'
import type { MisfirePolicy, OverlapPolicy, SchedulePolicy } from './policy.ts'

/** The part of a chain that says how ticks are treated; it may stand before the action or after it. */
export abstract class PolicyBuilder<App> {
  /** Takes over some policies. */
  protected abstract change(policies: Partial<SchedulePolicy<App>>): void
  protected abstract readonly policy: Readonly<SchedulePolicy<App>>
  /** The chain as an error names it. */
  protected abstract readonly where: string

  /** The schedule's name: stable, and its own in the timetable. */
  abstract name(text: string): this

  /**
   * What happens to ticks whose time passed while nothing could fire them.
   * @param options.within a missed tick older than this is dropped
   * @throws E_BAD_TIMING, E_BAD_DURATION
   */
  misfire(policy: MisfirePolicy, options: { within?: Duration } = {}): this {
    this.#oneOf('misfire', policy, ['skip', 'once', 'all'])
    const where = `${this.where}.misfire('${policy}'), within`
    this.change({
      misfire: policy,
      misfireWithinMs: options.within === undefined ? null : durationMs(options.within, where),
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

  /**
   * Calls a function before each run; the run waits for it, and goes on whatever it does. For a
   * pushed job or chain these hooks are about its run, and called by the worker that runs it.
   * @throws E_BAD_TIMING
   */
  before(call: BeforeHook<App>): this {
    return this.#hook({ kind: 'before', call: this.#function('before', call) })
  }

  /** Calls a function when a run has finally ended, however it did. */
  after(call: EndHook<App>): this {
    return this.#hook({ kind: 'after', call: this.#function('after', call) })
  }

  /** Calls a function when a run has succeeded, after those of `after`. */
  onSuccess(call: EndHook<App>): this {
    return this.#hook({ kind: 'onSuccess', call: this.#function('onSuccess', call) })
  }

  /** Calls a function when a run has failed for good, after those of `after`. */
  onFailure(call: EndHook<App>): this {
    return this.#hook({ kind: 'onFailure', call: this.#function('onFailure', call) })
  }

  /** Calls a function when a tick is skipped, in the scheduler that decided so. */
  onSkip(call: SkipHook<App>): this {
    return this.#hook({ kind: 'onSkip', call: this.#function('onSkip', call) })
  }

  /**
   * Sends a GET request to an address when a run begins; nothing waits for it.
   * @param url an http or https address
   * @throws E_BAD_TIMING
   */
  pingBefore(url: string | URL): this {
    return this.#ping('pingBefore', url)
  }

  /** Sends a GET request to an address when a run has succeeded. */
  thenPing(url: string | URL): this {
    return this.#ping('thenPing', url)
  }

  /** Sends a GET request to an address when a run has failed for good. */
  pingOnFailure(url: string | URL): this {
    return this.#ping('pingOnFailure', url)
  }

  #ping(kind: Ping['kind'], given: string | URL): this {
    const url = URL.parse(String(given))
    // The address itself is not shown: who knows its path can ping in our name.
    if (!url || !/^https?:$/.test(url.protocol))
      throw new EquipageError('E_BAD_TIMING', {
        where: `${this.where}.${kind}(...)`,
        fault: "takes an address to ping; write it in full: 'https://hc-ping.com/...'",
      })
    if (url.username || url.password)
      throw new EquipageError('E_BAD_TIMING', {
        where: `${this.where}.${kind}(...)`,
        fault: 'has a user or a password in its address, which fetch refuses; leave them out',
      })
    return this.#hook({ kind, url: url.href })
  }

  #hook(hook: Hook<App>): this {
    this.change({ hooks: [...this.policy.hooks, hook] })
    return this
  }

  /** Calls without types give anything at all. */
  #function<Call>(kind: string, call: Call): Call {
    if (typeof call === 'function') return call
    throw new EquipageError('E_BAD_TIMING', {
      where: `${this.where}.${kind}(...)`,
      fault: `takes a function, and was given ${shown(call)}; write tick => ...`,
    })
  }

  #condition(kind: 'when' | 'skip', passWhen: boolean, ask: (tick: TickContext<App>) => unknown) {
    if (typeof ask !== 'function')
      throw new EquipageError('E_BAD_TIMING', {
        where: `${this.where}.${kind}(...)`,
        fault: 'takes a function that is asked at each tick; write () => ...',
      })
    this.change({ conditions: [...this.policy.conditions, { kind, passWhen, ask }] })
  }

  #oneOf(call: string, given: string, allowed: readonly string[]): void {
    if (allowed.includes(given)) return
    throw new EquipageError('E_BAD_TIMING', {
      where: `${this.where}.${call}('${String(given)}')`,
      fault: `is no such policy; use '${allowed.join("', '")}'`,
    })
  }
}
