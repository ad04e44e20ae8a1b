import type { Span } from '../../connection/index.ts'
import type { Schedule } from '../writing/index.ts'

/** Ticks of a schedule in a row that share a fate. Instants in epoch milliseconds. */
export interface Stretch {
  readonly fate: 'missed' | 'paused' | 'overlap'
  readonly first: number
  readonly last: number
  /** 1 or more. */
  readonly count: number
}

/** A tick that is to run. */
export interface DueTick {
  readonly instant: number
  /** The planned instant of the tick before; null at the first. */
  readonly previous: number | null
  /** Late, and made up for by the misfire policy. */
  readonly misfire: boolean
  /** It waited until the run before had ended. */
  readonly queued: boolean
}

/** What is to be decided of a schedule in one claim, in the order of the ticks. */
export interface Decision {
  /** Dropped ticks before the one that runs. */
  readonly before: readonly Stretch[]
  readonly tick: DueTick | null
  /** Dropped ticks after it: those that came due while it waited. */
  readonly after: readonly Stretch[]
  /** The last tick of all: the cursor afterwards. */
  readonly to: number
}

/** What is known of a schedule beside its cursor. */
export interface Circumstances {
  /** When it was paused. */
  readonly pauses: readonly Span[]
  /** The tick that waits for the run before to end. */
  readonly waiting: number | null
  /** Ticks up to here were decided once, and Redis lost that: they are offered again, whatever the policy. */
  readonly againUpTo: number
}

/** Ticks that are walked over for one decision: about a tenth of a second's work. */
const mostTicks = 1_000_000

/** A tick that is handled this late still counts as on time. A busy moment is no misfire. */
export function toleranceMs(shortestGapMs: number): number {
  return Math.min(30_000, Math.max(1_000, shortestGapMs / 2))
}

/**
 * What is to be decided next of a schedule: the ticks after its cursor up to now.
 * @param now epoch milliseconds
 * @returns null when no tick is due
 */
export function nextDecision<App>(
  schedule: Schedule<App>,
  cursor: number,
  now: number,
  known: Circumstances,
): Decision | null {
  const { timing, anchor } = schedule
  const first = timing.next(cursor, anchor)
  if (first === null || first > now) return null
  const previous = cursor === anchor ? null : cursor
  if (first <= known.againUpTo) return single({ instant: first, previous, misfire: false })
  const walk = new Walk(schedule, cursor, now, known)
  if (known.waiting !== null && known.waiting >= first) return walk.toWaiting(known.waiting)
  return schedule.misfire === 'all' ? walk.oneByOne() : walk.toLatest()
}

/** Whether the next decision has to do with ticks that are late, so that pauses matter. */
export function isLate<App>(schedule: Schedule<App>, cursor: number, now: number): boolean {
  const { timing, anchor } = schedule
  const first = timing.next(cursor, anchor)
  if (first === null || first > now) return false
  const second = timing.next(first, anchor)
  return first < now - toleranceMs(timing.shortestGapMs) || (second !== null && second <= now)
}

function single(tick: Omit<DueTick, 'queued'>): Decision {
  return { before: [], tick: { ...tick, queued: false }, after: [], to: tick.instant }
}

/** One walk over the due ticks of a schedule. */
class Walk<App> {
  readonly #schedule: Schedule<App>
  readonly #cursor: number
  readonly #now: number
  readonly #onTimeFrom: number
  /** Misfires before this are dropped. */
  readonly #earliest: number
  readonly #pauses: readonly Span[]
  /** More ticks are due than one walk takes. */
  #cut = false

  constructor(schedule: Schedule<App>, cursor: number, now: number, known: Circumstances) {
    this.#schedule = schedule
    this.#cursor = cursor
    this.#now = now
    this.#onTimeFrom = now - toleranceMs(schedule.timing.shortestGapMs)
    const { misfireWithinMs } = schedule
    this.#earliest = misfireWithinMs === null ? Number.NEGATIVE_INFINITY : now - misfireWithinMs
    this.#pauses = known.pauses
  }

  /** Under `all`: the first tick that is not dropped runs. */
  oneByOne(): Decision {
    const dropped = new Stretches()
    for (const { instant, previous, following } of this.#due()) {
      const misfire = !this.#isOnTime(instant, following)
      if (!misfire || (instant >= this.#earliest && !this.#inPause(instant))) {
        return this.#decision(dropped, { instant, previous, misfire, queued: false }, instant)
      }
      dropped.add(this.#inPause(instant) ? 'paused' : 'missed', instant)
    }
    return this.#decision(dropped, null, dropped.last)
  }

  /** Under `once` the latest misfire runs, under `skip` none; then the tick that is on time. */
  toLatest(): Decision {
    const dropped = new Stretches()
    let candidate: DueTick | null = null
    // What came after the candidate: it is decided with it only if no later candidate comes.
    let since = new Stretches()
    for (const { instant, previous, following } of this.#due()) {
      const onTime = this.#isOnTime(instant, following)
      const tick = { instant, previous, misfire: !onTime, queued: false }
      if (onTime && !candidate) return this.#decision(dropped.join(since), tick, instant)
      // The candidate fires first; the tick that is on time is the next decision.
      if (onTime && candidate) return this.#decision(dropped, candidate, candidate.instant)
      if (this.#inPause(instant)) {
        since.add('paused', instant)
        continue
      }
      if (this.#schedule.misfire === 'skip' || instant < this.#earliest) {
        since.add('missed', instant)
        continue
      }
      if (candidate) dropped.add('missed', candidate.instant)
      dropped.join(since)
      since = new Stretches()
      candidate = tick
    }
    if (candidate && !this.#cut) return this.#decision(dropped, candidate, candidate.instant)
    // After a walk that was cut later ticks are due: the candidate is not the latest.
    if (candidate) dropped.add('missed', candidate.instant)
    dropped.join(since)
    return this.#decision(dropped, null, dropped.last)
  }

  /** The tick that waited runs; those that came due meanwhile are dropped. */
  toWaiting(waiting: number): Decision {
    const before = new Stretches()
    const after = new Stretches()
    let tick: DueTick | null = null
    let to = this.#cursor
    for (const { instant, previous } of this.#due()) {
      if (instant < waiting) before.add('missed', instant)
      else if (tick) after.add('overlap', instant)
      else tick = { instant, previous, misfire: false, queued: true }
      to = instant
    }
    return { before: before.list, tick, after: after.list, to }
  }

  #decision(before: Stretches, tick: DueTick | null, to: number): Decision {
    return { before: before.list, tick, after: [], to }
  }

  /** The due ticks, each with its neighbours. */
  *#due() {
    const { timing, anchor } = this.#schedule
    let previous = this.#cursor === anchor ? null : this.#cursor
    let instant = timing.next(this.#cursor, anchor)
    for (let walked = 0; instant !== null && instant <= this.#now; walked++) {
      this.#cut = walked === mostTicks
      if (this.#cut) return
      const following = timing.next(instant, anchor)
      yield { instant, previous, following }
      previous = instant
      instant = following
    }
  }

  /** Of ticks that came due together the last alone can be on time: the others were missed. */
  #isOnTime(instant: number, following: number | null): boolean {
    return (following === null || following > this.#now) && instant >= this.#onTimeFrom
  }

  #inPause(instant: number): boolean {
    return this.#pauses.some(({ from, to }) => instant >= from && (to === null || instant < to))
  }
}

/** Dropped ticks, gathered into stretches. */
class Stretches {
  readonly list: Stretch[] = []

  get last(): number {
    return this.list.at(-1)?.last ?? 0
  }

  add(fate: Stretch['fate'], instant: number): void {
    this.#append({ fate, first: instant, last: instant, count: 1 })
  }

  /** Takes over what another has gathered after this. */
  join(other: Stretches): this {
    for (const stretch of other.list) this.#append(stretch)
    return this
  }

  #append(next: Stretch): void {
    const { list } = this
    const latest = list.at(-1)
    if (latest?.fate !== next.fate) {
      list.push(next)
      return
    }
    list[list.length - 1] = { ...latest, last: next.last, count: latest.count + next.count }
  }
}
