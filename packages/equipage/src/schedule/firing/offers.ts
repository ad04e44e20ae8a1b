import type { Span, TickMemory } from '../../connection/index.ts'
import type { Logger } from '../../log/index.ts'
import { type Decision, isLate, nextDecision } from './due-ticks.ts'
import type { Entry } from './entry.ts'
import type { TickFiring } from './tick-firing.ts'

/**
 * What is to be done with an entry whose due ticks were offered: `next`, it waits for its next
 * tick; `overlapping`, its tick waits for the run before; `superseded`, another release rules and has it
 * otherwise; `forgotten`, it has to be registered again.
 */
export type OfferResult = 'next' | 'overlapping' | 'superseded' | 'forgotten'

/** Offers the due ticks of single schedules, claim by claim, and follows the answers. */
export class Offers<App> {
  readonly #memory: TickMemory
  readonly #firing: TickFiring<App>
  readonly #log: Logger

  constructor(dependencies: { memory: TickMemory; firing: TickFiring<App>; log: Logger }) {
    this.#memory = dependencies.memory
    this.#firing = dependencies.firing
    this.#log = dependencies.log
  }

  /**
   * Decides what is due of one schedule, in order.
   * @param halted looked at before each claim: from then on nothing more is decided
   * @returns rejects when the connection is away, and what was not decided is still due
   */
  async decide(entry: Entry<App>, halted: () => boolean): Promise<OfferResult> {
    const { schedule } = entry
    let pauses: readonly Span[] | undefined
    while (!halted()) {
      const now = this.#memory.now()
      const { cursor, waiting, againUpTo } = entry
      if (isLate(schedule, cursor, now)) pauses ??= await this.#memory.pauses(schedule.name ?? '')
      const known = { pauses: pauses ?? [], waiting, againUpTo }
      const decision = nextDecision(schedule, cursor, now, known)
      if (!decision) return 'next'
      const result = await this.#offer(entry, decision)
      if (result !== 'next') return result
    }
    return 'next'
  }

  /** One decision, and what follows from the answer; `next` when more may be due. */
  async #offer(entry: Entry<App>, decision: Decision): Promise<OfferResult> {
    const { schedule } = entry
    let answer = await this.#firing.decide(schedule, entry.cursor, decision)
    if (answer.outcome === 'overlapping' && schedule.overlap === 'queue') {
      entry.waiting = decision.tick?.instant ?? null
      return 'overlapping'
    }
    if (answer.outcome === 'overlapping' || answer.outcome === 'paused') {
      const reason = answer.outcome === 'overlapping' ? 'overlap' : 'paused'
      answer = await this.#firing.decide(schedule, entry.cursor, decision, reason)
    }
    switch (answer.outcome) {
      case 'superseded':
      case 'forgotten':
        return answer.outcome
      case 'queued':
        entry.waiting = answer.tick
        return 'next'
      case 'already-claimed':
        if (answer.cursor < entry.cursor) this.#offerAgain(entry, answer.cursor)
        entry.cursor = answer.cursor
        entry.waiting = null
        return 'next'
      case 'claimed':
        entry.cursor = decision.to
        entry.waiting = null
        return 'next'
      default:
        // A claim that begins no run is neither held nor paused.
        throw new Error(`a claim without a run was answered ${answer.outcome}`)
    }
  }

  /** Redis lost what it had acknowledged: what was decided since is offered again. */
  #offerAgain(entry: Entry<App>, cursor: number): void {
    entry.againUpTo = Math.max(entry.againUpTo, entry.cursor)
    const fields = {
      schedule: entry.schedule.name,
      from: new Date(cursor).toISOString(),
      to: new Date(entry.cursor).toISOString(),
    }
    this.#log.warn(fields, 'Redis has lost writes; the ticks since then are offered again')
  }
}
