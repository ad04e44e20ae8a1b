import { AssertionError } from 'node:assert'
import { type Duration, durationMs, humanDuration } from '../core/index.ts'
import type { ChainDefinition, GroupDefinition, Pushable } from '../job/index.ts'
import { matchText, pushCounts, pushLines, times } from './push-texts.ts'
import { matches, type Pushed, type PushMatch, pushedBy } from './pushed.ts'
import type { Recorder } from './recorder.ts'

// biome-ignore lint/suspicious/noExplicitAny: an assertion of any arguments
type Assertion = (...args: any[]) => void

/** What an application has pushed, and assertions about it; they throw an AssertionError. */
export abstract class PushAssertions {
  readonly #recorder: Recorder
  /** How many pushes are forgotten. */
  #cleared = 0

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** What was pushed, by whomever: of one job or chain, or all. The oldest first. */
  pushed(): Pushed[]
  pushed<Payload>(job: Pushable<Payload>): Pushed<Payload>[]
  pushed(job?: Pushable): Pushed[] {
    const all = this.#recorder.pushes.slice(this.#cleared)
    return job ? pushedBy(all, job) : all
  }

  /** Forgets what was pushed so far. */
  clear(): void {
    this.#cleared = this.#recorder.pushes.length
  }

  /**
   * Fails unless a job or chain was pushed, with a payload that has the given fields, or of which
   * the given function is true.
   */
  assertPushed<Payload>(job: Pushable<Payload>, match?: PushMatch<NoInfer<Payload>>): void {
    const found = this.pushed(job).some(pushed => matches(pushed, match))
    if (!found) this.missing(this.assertPushed, job, matchText(match), match)
  }

  /** Fails when a job or chain was pushed; with a match, when it was pushed so. */
  assertNotPushed<Payload>(job: Pushable<Payload>, match?: PushMatch<NoInfer<Payload>>): void {
    const actual = this.pushed(job).filter(pushed => matches(pushed, match))
    if (actual.length === 0) return
    const wanted = `"${job.name}" was not to be pushed${matchText(match)}`
    const message = `${wanted}; it was pushed ${times(actual.length)}:\n${pushLines(actual)}`
    fail(this.assertNotPushed, { message, actual, expected: [] })
  }

  /** Fails unless a job or chain was pushed exactly so often. */
  assertPushedTimes(job: Pushable, count: number): void {
    const found = this.pushed(job).length === count
    if (!found) this.missing(this.assertPushedTimes, job, ` ${times(count)}`, count)
  }

  /** Fails unless so many jobs and chains were pushed in all. */
  assertCount(count: number): void {
    const all = this.pushed()
    if (all.length === count) return
    const wanted = count === 0 ? 'nothing was to be pushed' : `${count} were to be pushed in all`
    const message = `${wanted}; ${pushCounts(all)}`
    fail(this.assertCount, { message, actual: all.length, expected: count })
  }

  /** Fails unless a chain was pushed; a match is about what its first job is given. */
  assertChained<Payload>(
    chain: ChainDefinition<Payload>,
    match?: PushMatch<NoInfer<Payload>>,
  ): void {
    const found = this.pushed(chain).some(pushed => matches(pushed, match))
    if (!found) this.missing(this.assertChained, chain, ` as a chain${matchText(match)}`, match)
  }

  /** Fails unless a group was pushed; a match is about the group's payload. */
  assertGrouped<Payload>(
    group: GroupDefinition<Payload>,
    match?: PushMatch<NoInfer<Payload>>,
  ): void {
    const found = this.pushed(group).some(pushed => matches(pushed, match))
    if (!found) this.missing(this.assertGrouped, group, ` as a group${matchText(match)}`, match)
  }

  /** Fails unless a job, or a chain whose first job it is, was pushed onto that queue. */
  assertPushedOn<Payload>(
    queue: string,
    job: Pushable<Payload>,
    match?: PushMatch<NoInfer<Payload>>,
  ): void {
    const pushes = this.pushed(job)
    if (pushes.some(pushed => pushed.queue === queue && matches(pushed, match))) return
    this.missing(this.assertPushedOn, job, ` on "${queue}"${matchText(match)}`, queue)
  }

  /**
   * Fails unless a job or chain was pushed for later, exactly so long after its push.
   * @throws E_BAD_DURATION
   */
  assertDelayed(job: Pushable, delay: Duration): void {
    const delayMs = durationMs(delay, 'assertDelayed')
    if (this.pushed(job).some(pushed => pushed.delayMs === delayMs)) return
    const wanted = ` to run in ${humanDuration(delayMs)} (${delayMs} ms)`
    this.missing(this.assertDelayed, job, wanted, delayMs)
  }

  /** Says that a push is missing, and what was pushed instead. */
  protected missing(
    assertion: Assertion,
    job: Pushable,
    wanted: string,
    expected: unknown = job.name,
  ): never {
    const actual = this.pushed(job)
    const found =
      actual.length === 0
        ? `it was not${this.reached()}; ${pushCounts(this.pushed())}`
        : `it was pushed ${times(actual.length)}:\n${pushLines(actual)}`
    const message = `"${job.name}" was to be pushed${wanted}; ${found}${this.remark()}`
    fail(assertion, { message, actual, expected })
  }

  /** Until when it was not pushed. */
  protected reached(): string {
    return ''
  }

  /** What else those should know who miss a push. */
  protected remark(): string {
    return ''
  }
}

/** @param assertion the one that was called, so that the error points at its caller */
function fail(
  assertion: Assertion,
  dependencies: { message: string; actual: unknown; expected: unknown },
): never {
  throw new AssertionError({ ...dependencies, operator: assertion.name, stackStartFn: assertion })
}
