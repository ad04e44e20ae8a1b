import type { ClaimAnswer, TickClaim, TickMemory } from '../connection/index.ts'
import { type Clock, settlesWithin } from '../core/clock.ts'
import { EquipageError, isEquipageError, toError } from '../core/errors.ts'
import type { PushedJob } from '../job/index.ts'
import type { Logger } from '../log/index.ts'
import type { Queue } from '../queue/index.ts'
import { type CallAction, type PushAction, stop, type TickContext } from './action.ts'
import { endOfTime } from './end-of-time.ts'
import { zonedAt } from './instant.ts'
import type { DueTick } from './misfires.ts'
import type { Schedule } from './schedule.ts'

/** What firing needs. */
export interface FiringParts<App> {
  memory: TickMemory
  queue: Queue
  app: App
  /** The value of `app.env`. */
  env: string
  log: Logger
  clock: Clock
}

/** Decides single ticks: asks the conditions, claims, and runs what the tick is for. */
export class TickFiring<App> {
  readonly #parts: FiringParts<App>
  readonly #calls = new Set<Promise<void>>()
  readonly #stopping = new AbortController()
  /** Ticks that this process has fired. */
  fired = 0

  constructor(parts: FiringParts<App>) {
    this.#parts = parts
  }

  /**
   * Decides one tick.
   * @param from the cursor: the tick before, or the anchor
   * @returns how the claim ended; rejects when the connection is away, and then nothing was decided
   */
  async decide(schedule: Schedule<App>, from: number, due: DueTick): Promise<ClaimAnswer> {
    const name = schedule.name ?? ''
    const claim = { name, definition: schedule.definition, from, instant: due.instant }
    const tick = this.#contextOf(schedule, from, due)
    const log = this.#parts.log.child({
      schedule: name,
      tick: tick.scheduledFor.toISOString(),
      ...(due.misfire ? { misfire: true } : {}),
    })
    const reason = due.missed ? 'missed' : await this.#reasonToSkip(schedule, tick, log)
    if (reason !== undefined) {
      const answer = await this.#parts.memory.claim(claim)
      if (answer.outcome === 'claimed') log.info({ reason }, 'tick skipped')
      return answer
    }
    const { action } = schedule
    return action.kind === 'push'
      ? this.#push(claim, action, tick, log)
      : this.#call(claim, action, tick, log)
  }

  #contextOf(schedule: Schedule<App>, from: number, due: DueTick): TickContext<App> {
    return {
      app: this.#parts.app,
      schedule: schedule.name ?? '',
      scheduledFor: new Date(due.instant),
      previous: from === schedule.anchor ? null : new Date(from),
      lagMs: this.#lagMs(due.instant),
      misfire: due.misfire,
      date: zonedAt(due.instant, schedule.zone).toPlainDate().toString(),
      signal: this.#stopping.signal,
    }
  }

  /** How late it is now: asking conditions and making the payload count. */
  #lagMs(instant: number): number {
    return Math.max(0, this.#parts.memory.now() - instant)
  }

  /** Why the tick does not run; undefined when it does. A condition that throws is a no. */
  async #reasonToSkip(
    schedule: Schedule<App>,
    tick: TickContext<App>,
    log: Logger,
  ): Promise<string | undefined> {
    const { environments } = schedule
    if (environments.length > 0 && !environments.includes(this.#parts.env)) return 'environment'
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

  async #push(
    claim: TickClaim,
    action: PushAction<App>,
    tick: TickContext<App>,
    log: Logger,
  ): Promise<ClaimAnswer> {
    let job: PushedJob
    try {
      const stamp = {
        tick: { schedule: claim.name, scheduledFor: tick.scheduledFor.toISOString() },
      }
      const payload = await action.payload(tick)
      job = await this.#parts.queue.prepare(action.job, payload, {}, 0, stamp)
    } catch (thrown) {
      const answer = await this.#parts.memory.claim(claim)
      const err = toError(thrown)
      if (answer.outcome === 'claimed') log.error({ err }, 'tick failed: its job could not be made')
      return answer
    }
    const answer = await this.#parts.memory.claim({ ...claim, job })
    if (answer.outcome === 'claimed') {
      this.fired++
      log.info({ lagMs: this.#lagMs(claim.instant), job: action.name }, 'tick fired')
      this.#follow(
        Promise.resolve(answer.pushed),
        log,
        'how the job of a tick ended could not be kept',
      )
    }
    return answer
  }

  async #call(
    claim: TickClaim,
    action: CallAction<App>,
    tick: TickContext<App>,
    log: Logger,
  ): Promise<ClaimAnswer> {
    const answer = await this.#parts.memory.claim(claim)
    if (answer.outcome === 'claimed') {
      this.fired++
      log.info({ lagMs: this.#lagMs(claim.instant) }, 'tick fired')
      const called = (async () => {
        if ((await action.call(tick)) === stop) await this.#end(claim, log)
      })()
      this.#follow(called, log, 'the function of a schedule failed')
    }
    return answer
  }

  /**
   * The function answered `stop`: the cursor goes to the end of time, past every tick, and stays
   * there for all processes until the definition changes.
   */
  async #end(claim: TickClaim, log: Logger): Promise<void> {
    let from = claim.instant
    for (;;) {
      const answer = await this.#parts.memory.claim({ ...claim, from, instant: endOfTime })
      if (answer.outcome !== 'taken' || answer.cursor === endOfTime) break
      from = answer.cursor
    }
    log.info('the schedule has answered stop, and is not fired again')
  }

  /** Lets something run on its own; a stop waits for it. */
  #follow(running: Promise<unknown>, log: Logger, failure: string): void {
    const followed = running.then(
      () => undefined,
      thrown => {
        const err = toError(thrown)
        if (!isEquipageError(err, 'E_STOPPING')) log.error({ err }, failure)
      },
    )
    this.#calls.add(followed)
    void followed.finally(() => this.#calls.delete(followed))
  }

  /** Waits for the functions that run; after `graceMs` their signals are aborted, and they are left to themselves. */
  async stop(graceMs: number): Promise<void> {
    await settlesWithin(Promise.all(this.#calls), graceMs, this.#parts.clock)
    this.#stopping.abort(new EquipageError('E_STOPPING', {}))
  }
}
