import type {
  ClaimedRun,
  ClaimResult,
  LedgerRow,
  TickClaim,
  TickMemory,
} from '../../connection/index.ts'
import { type Clock, type EventSink, toError } from '../../core/index.ts'
import {
  emitPushed,
  type JobEvents,
  laterJobs,
  type PushedJob,
  type Receipt,
} from '../../job/index.ts'
import { childOf, type Logger } from '../../log/index.ts'
import type { Queue } from '../../queue/index.ts'
import {
  type CallAction,
  type PushAction,
  type Schedule,
  type SkipReason,
  stop,
  type TickContext,
  zonedAt,
} from '../writing/index.ts'
import type { Decision, DueTick, Stretch } from './due-ticks.ts'
import { endOfTime } from './end-of-time.ts'
import type { ScheduleHooks } from './hooks.ts'
import { type Decider, droppedRow, tickRow } from './ledger-rows.ts'
import { RunningCalls, shortened } from './running-calls.ts'
import { emitDropped, emitFailed, type TickEvents } from './tick-events.ts'

/** What firing needs. */
export interface FiringDependencies<App> {
  memory: TickMemory
  queue: Pick<Queue, 'prepare'>
  app: App
  /** The value of `app.env`. */
  env: string
  /** Host and process id, as the ledger names it. */
  process: string
  hooks: ScheduleHooks<App>
  /** Told of ticks and of pushes. */
  events?: EventSink<JobEvents & TickEvents>
  log: Logger
  clock: Clock
}

/** One schedule whose ticks are to be decided. */
interface Case<App> {
  readonly schedule: Schedule<App>
  readonly decision: Decision
  readonly claim: Omit<TickClaim, 'rows' | 'run'>
}

/** The tick of a decision that is to run. */
interface TickCase<App> extends Case<App> {
  readonly due: DueTick
  readonly tick: TickContext<App>
  readonly log: Logger
}

/** Decides ticks: asks the conditions, claims, and begins what the tick is for. */
export class TickFiring<App> {
  readonly #dependencies: FiringDependencies<App>
  readonly calls: RunningCalls
  readonly #decider: Decider
  /** Ticks that this process has fired. */
  fired = 0

  constructor(dependencies: FiringDependencies<App>) {
    this.#dependencies = dependencies
    this.calls = new RunningCalls(dependencies.memory, dependencies.clock)
    this.#decider = { process: dependencies.process, lagMs: instant => this.#lagMs(instant) }
  }

  /**
   * Makes one claim.
   * @param cursor the tick before, or the anchor
   * @param skip why the tick does not run, where an earlier claim was refused for that
   * @returns how the claim ended; rejects when the connection is away, and then it is not known
   */
  async decide(
    schedule: Schedule<App>,
    cursor: number,
    decision: Decision,
    skip?: 'paused' | 'overlap',
  ): Promise<ClaimResult> {
    const name = schedule.name ?? ''
    const claim = { name, definition: schedule.definition, from: cursor, to: decision.to }
    const base: Case<App> = { schedule, decision, claim }
    const due = decision.tick
    if (!due) {
      const answer = await this.#claim(base, [])
      if (answer.outcome === 'claimed') this.#emitDropped(base)
      return answer
    }
    const tick = this.#contextOf(schedule, due)
    const log = childOf(this.#dependencies.log, {
      schedule: name,
      tick: tick.scheduledFor.toISOString(),
      ...(due.misfire ? { misfire: true } : {}),
    })
    const whole: TickCase<App> = { ...base, due, tick, log }
    const reason = skip ?? (await this.#reasonToSkip(schedule, tick, log))
    if (reason) return this.#skip(whole, reason)
    const { action } = schedule
    return action.kind === 'push' ? this.#push(whole, action) : this.#call(whole, action)
  }

  #contextOf(schedule: Schedule<App>, due: DueTick): TickContext<App> {
    return {
      app: this.#dependencies.app,
      schedule: schedule.name ?? '',
      scheduledFor: new Date(due.instant),
      previous: due.previous === null ? null : new Date(due.previous),
      lagMs: this.#lagMs(due.instant),
      misfire: due.misfire,
      date: zonedAt(due.instant, schedule.zone).toPlainDate().toString(),
      signal: new AbortController().signal,
    }
  }

  /** How late it is now: asking conditions and making the payload count. */
  #lagMs(instant: number): number {
    return Math.max(0, this.#dependencies.memory.now() - instant)
  }

  /** Why the tick does not run; undefined when it does. A condition that throws is a no. */
  async #reasonToSkip(
    schedule: Schedule<App>,
    tick: TickContext<App>,
    log: Logger,
  ): Promise<'environment' | 'condition' | undefined> {
    const { environments } = schedule
    if (environments.length > 0 && !environments.includes(this.#dependencies.env))
      return 'environment'
    for (const condition of schedule.conditions) {
      try {
        if (Boolean(await condition.ask(tick)) !== condition.passWhen) return 'condition'
      } catch (thrown) {
        log.error(
          { err: toError(thrown) },
          'a condition of the schedule failed; its tick is skipped',
        )
        return 'condition'
      }
    }
    return undefined
  }

  async #skip(
    whole: TickCase<App>,
    reason: 'overlap' | 'condition' | 'environment' | 'paused',
  ): Promise<ClaimResult> {
    const { schedule, tick, log } = whole
    const answer = await this.#claim(whole, [
      tickRow(whole.due, 'skipped', this.#decider, { reason }),
    ])
    if (answer.outcome !== 'claimed') return answer
    this.#emitDropped(whole)
    log.info({ reason }, 'tick skipped')
    this.#tellSkipped(schedule, tick, reason)
    return answer
  }

  #tellSkipped(schedule: Schedule<App>, tick: TickContext<App>, reason: SkipReason): void {
    const instant = tick.scheduledFor.getTime()
    const ticks = { schedule: tick.schedule, first: instant, last: instant, count: 1 }
    emitDropped(this.#dependencies.events, ticks, reason)
    this.calls.follow(this.#dependencies.hooks.skip(schedule, tick, reason))
  }

  #tellFired({ tick, due }: TickCase<App>, job: string | null): void {
    const { schedule, scheduledFor, misfire } = tick
    const lagMs = this.#lagMs(due.instant)
    const event = () => ({ schedule, scheduledFor, lagMs, misfire, job })
    this.#dependencies.events?.emit('tick:fired', event)
  }

  async #push(whole: TickCase<App>, action: PushAction<App>): Promise<ClaimResult> {
    const { due, tick, log } = whole
    let job: PushedJob
    try {
      const payload = await action.payload(tick)
      job = await this.#dependencies.queue.prepare(action.job, payload, {}, null, {
        tick: metadataOf(tick),
      })
    } catch (thrown) {
      const err = toError(thrown)
      const fields = { reason: 'error' as const, error: shortened(err.message) }
      const answer = await this.#claim(whole, [tickRow(due, 'failed', this.#decider, fields)])
      if (answer.outcome !== 'claimed') return answer
      this.#emitDropped(whole)
      log.error({ err }, 'tick failed: its job could not be made')
      emitFailed(this.#dependencies.events, tick, err)
      this.calls.follow(this.#dependencies.hooks.fail(whole.schedule, tick, err))
      return answer
    }
    const answer = await this.#claim(whole, [tickRow(due, 'fired', this.#decider)], {
      job,
      later: laterJobs(action.job, job),
      ...(job.metadata.group ? { group: job.metadata.group.id } : {}),
    })
    if (answer.outcome !== 'claimed') return answer
    this.#emitDropped(whole)
    if (answer.conflictingId !== undefined) {
      log.info({ reason: 'refused', jobId: answer.conflictingId }, 'tick skipped')
      this.#tellSkipped(whole.schedule, tick, 'refused')
      return answer
    }
    this.fired++
    log.info({ lagMs: this.#lagMs(due.instant), job: action.name }, 'tick fired')
    this.#tellFired(whole, action.name)
    const told = (receipt: Receipt | undefined) =>
      receipt && emitPushed(this.#dependencies.events, job, receipt)
    const pushed = Promise.resolve(answer.pushed)
      .then(told)
      .catch(thrown =>
        log.error({ err: toError(thrown) }, 'how the job of a tick ended could not be kept'),
      )
    this.calls.follow(pushed)
    return answer
  }

  async #call(whole: TickCase<App>, action: CallAction<App>): Promise<ClaimResult> {
    const { schedule, due, tick, log, claim } = whole
    const answer = await this.#claim(whole, [tickRow(due, 'running', this.#decider)], {})
    if (answer.outcome !== 'claimed') return answer
    this.#emitDropped(whole)
    this.fired++
    log.info({ lagMs: this.#lagMs(due.instant) }, 'tick fired')
    this.#tellFired(whole, null)
    const { hooks } = this.#dependencies
    const call = { name: claim.name, tick: due.instant }
    this.calls.start(
      call,
      log,
      async signal => {
        await hooks.begin(schedule, { ...tick, signal })
        if ((await action.call({ ...tick, signal })) === stop) await this.#end(whole)
      },
      outcome => {
        if (!outcome.ok) emitFailed(this.#dependencies.events, tick, outcome.error)
        return hooks.end(schedule, tick, outcome)
      },
    )
    return answer
  }

  /**
   * The function answered `stop`: the cursor goes to the end of time, past every tick, and stays
   * there for all processes until the timing changes.
   */
  async #end({ claim, log }: TickCase<App>): Promise<void> {
    let from = claim.to
    for (;;) {
      const answer = await this.#dependencies.memory.claim({
        ...claim,
        from,
        to: endOfTime,
        rows: [],
      })
      if (answer.outcome !== 'already-claimed' || answer.cursor === endOfTime) break
      from = answer.cursor
    }
    log.info('the schedule has answered stop, and is not fired again')
  }

  /** @param rows of the tick; those of the dropped ticks are put around it */
  #claim(
    { schedule, decision, claim }: Case<App>,
    rows: readonly LedgerRow[],
    begins?: Pick<ClaimedRun, 'job' | 'later' | 'group'>,
  ): Promise<ClaimResult> {
    const dropped = (stretches: readonly Stretch[]) =>
      stretches.map(stretch => droppedRow(stretch, this.#decider))
    const all = [...dropped(decision.before), ...rows, ...dropped(decision.after)]
    const { overlap } = schedule
    const run = begins && {
      tick: decision.tick?.instant ?? decision.to,
      ...begins,
      ...(overlap === 'allow' ? {} : { overlap }),
    }
    return this.#dependencies.memory.claim({ ...claim, rows: all, ...(run ? { run } : {}) })
  }

  #emitDropped({ schedule, decision }: Case<App>): void {
    for (const { fate, first, last, count } of [...decision.before, ...decision.after]) {
      const fields = {
        schedule: schedule.name,
        first: new Date(first).toISOString(),
        tick: new Date(last).toISOString(),
        ticks: count,
      }
      const { events } = this.#dependencies
      emitDropped(events, { schedule: schedule.name ?? '', first, last, count }, fate)
      if (fate === 'missed') this.#dependencies.log.warn(fields, 'ticks missed')
      else this.#dependencies.log.info({ ...fields, reason: fate }, 'ticks skipped')
    }
  }

  /** Waits for the functions that run and for pings; see RunningCalls.stop. */
  async stop(graceMs: number): Promise<void> {
    const { abandoned, reason } = await this.calls.stop(graceMs)
    for (const { name, tick } of abandoned)
      emitFailed(
        this.#dependencies.events,
        { schedule: name, scheduledFor: new Date(tick) },
        reason,
      )
  }
}

function metadataOf<App>(tick: TickContext<App>) {
  return {
    schedule: tick.schedule,
    scheduledFor: tick.scheduledFor.toISOString(),
    previous: tick.previous?.toISOString() ?? null,
    lagMs: tick.lagMs,
    misfire: tick.misfire,
  }
}
