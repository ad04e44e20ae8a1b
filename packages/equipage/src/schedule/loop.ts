import type { Registration, Span, TickMemory } from '../connection/index.ts'
import type { Clock, Timer } from '../core/clock.ts'
import { isEquipageError, toError } from '../core/errors.ts'
import type { Logger } from '../log/index.ts'
import { ClockWatch } from './clock-watch.ts'
import { DueHeap } from './due-heap.ts'
import { type Decision, isLate, nextDecision } from './due-ticks.ts'
import { endOfTime } from './end-of-time.ts'
import { releaseOf } from './release.ts'
import type { Schedule } from './schedule.ts'
import type { TickFiring } from './tick-firing.ts'

/** A schedule on its way: what was decided of it, and when to look at it again. */
interface Entry<App> {
  readonly schedule: Schedule<App>
  /** The last tick that was decided, at first the anchor; epoch milliseconds. */
  cursor: number
  /** Epoch milliseconds on the connection's clock. */
  wakeAt: number
  /** The tick that waits for the run before to end. */
  waiting: number | null
  /** Ticks up to here were decided once, and Redis lost that. */
  againUpTo: number
  /** Which registration it comes from: a later one has made an entry of its own. */
  readonly generation: number
}

/** The longest sleep: a clock that was set, or a machine that slept, is noticed within it. */
const longestSleepMs = 1_000
/** The wait before another try while the connection is away. */
const retryMs = 1_000
/** How often a tick that waits for the run before is offered. */
const heldRetryMs = 500
/** A sign of life is given this often, and more often while functions run under leases. */
const beatMs = 5_000
const beatWithCallsMs = 3_000
/** More schedules than these at once are a crowd, which replicas share out. */
const crowd = 64
/** Of a crowd, this many are claimed together. */
const crowdPart = 500
/** A machine's clock that is further off than this is warned of. */
const skewWarningMs = 1_000
/** A process that was away for longer than this was absent. */
const absentFromMs = 1_000
/** A cursor further ahead of the time than this was moved by a clock that was wrong. */
const aheadMs = 60_000

export interface LoopParts<App> {
  schedules: readonly Schedule<App>[]
  memory: TickMemory
  firing: TickFiring<App>
  /** Host and process id. */
  process: string
  /** From 0 to 1: where in a crowd this replica begins. */
  place: number
  log: Logger
  clock: Clock
}

/**
 * Fires the ticks of all schedules with one timer.
 *
 * 1. Registers the schedules, and learns of each where it stands; waits while the connection is away.
 * 2. Sleeps until the next one is due, a second at most.
 * 3. Decides what is due, every schedule on its own: a slow one does not hold up the others.
 * 4. Never ends by itself: whatever a schedule does is logged.
 */
export class TickLoop<App> {
  readonly #parts: LoopParts<App>
  readonly #heap = new DueHeap<Entry<App>>()
  readonly #working = new Set<Promise<void>>()
  /** Schedules that another release has taken over. */
  readonly #stoodDown = new Set<Schedule<App>>()
  readonly #watch: ClockWatch
  #release: ReturnType<typeof releaseOf> | undefined
  #timer: Timer | undefined
  /** When it is to wake, on the connection's clock. */
  #backAt = 0
  #registering: Promise<void> | undefined
  #registered = false
  #generation = 0
  #beating = false
  #beatAtMs = 0
  #skewed = false
  /** No more ticks are fired; leases are still renewed. */
  #halted = false
  #left = false

  constructor(parts: LoopParts<App>) {
    this.#parts = parts
    this.#watch = new ClockWatch(parts.clock)
  }

  /** Resolves when the schedules are registered, or, with the connection away, when the first try has failed. */
  start(): Promise<void> {
    this.#registering ??= this.#register()
    return this.#registering
  }

  /** Fires no more, and waits for what is being decided. Leases are renewed until `leave`. */
  async halt(): Promise<void> {
    this.#halted = true
    await this.#registering?.catch(() => undefined)
    await Promise.all(this.#working)
    this.#arm()
  }

  /** The last sign of life, once everything has ended: others need not wait for this process. */
  async leave(): Promise<void> {
    if (this.#left) return
    this.#left = true
    this.#timer?.cancel()
    if (!this.#registered) return
    const { memory, process } = this.#parts
    const sign = { release: this.#releaseNow.id, process, calls: [], leaving: true }
    await memory.beat(sign).catch(() => undefined)
  }

  get #releaseNow(): ReturnType<typeof releaseOf> {
    this.#release ??= releaseOf(this.#parts.schedules)
    return this.#release
  }

  async #register(): Promise<void> {
    const { memory, process, schedules, clock, log } = this.#parts
    try {
      const registrations = await memory.register({ ...this.#releaseNow, process })
      this.#heap.clear()
      this.#generation++
      for (const [index, schedule] of schedules.entries()) {
        const registration = registrations[index]
        if (registration) this.#takeUp(schedule, registration)
      }
      this.#registered = true
      this.#beatAtMs = clock.monotonic()
      this.#warnOfSkew()
      this.#arm()
    } catch (error) {
      if (!isEquipageError(error, 'E_CONNECTION_AWAY')) throw error
      log.warn(`ticks wait: ${error.message}`)
      this.#again()
    }
  }

  #takeUp(schedule: Schedule<App>, registration: Registration): void {
    if (registration.outcome === 'superseded') {
      this.#standDown(schedule)
      return
    }
    this.#stoodDown.delete(schedule)
    const { anchor, cursor } = registration
    schedule.anchorAt(anchor)
    const aheadByMs = cursor - this.#parts.memory.now()
    if (aheadByMs > aheadMs && cursor < endOfTime) {
      this.#parts.log.error(
        { schedule: schedule.name, cursor: new Date(cursor).toISOString(), aheadByMs },
        'ticks of this schedule were decided by a clock that was ahead; it is silent until then; rename it to start anew',
      )
    }
    const generation = this.#generation
    this.#enter({ schedule, cursor, wakeAt: 0, waiting: null, againUpTo: 0, generation })
  }

  /** Registers once more, later; the first failure has been told of. */
  #again(afterMs = retryMs): void {
    if (this.#halted) return
    this.#registered = false
    this.#timer?.cancel()
    this.#timer = this.#parts.clock.after(afterMs, () => {
      this.#registering = this.#register().catch(error => {
        const err = toError(error)
        this.#parts.log.error({ err }, 'schedules cannot be registered; trying again')
        this.#again()
      })
    })
  }

  /** Puts an entry in its place by its next tick; one that has none is left out. */
  #enter(entry: Entry<App>): void {
    if (entry.cursor >= endOfTime || entry.generation !== this.#generation) return
    const next = entry.schedule.timing.next(entry.cursor, entry.schedule.anchor)
    if (next === null) return
    entry.wakeAt = next
    this.#heap.push(entry)
  }

  #arm(): void {
    if (this.#left || !this.#registered) return
    const { clock, memory, firing } = this.#parts
    this.#timer?.cancel()
    const now = memory.now()
    const dueAt = this.#halted ? undefined : this.#heap.peek()?.wakeAt
    const dueInMs = (dueAt ?? Number.POSITIVE_INFINITY) - now
    // A clock that nothing can set is not watched; leases are renewed on any.
    const steady = clock.steady && firing.calls.calls.length === 0
    const sleepMs = Math.min(
      steady ? Number.POSITIVE_INFINITY : longestSleepMs,
      Math.max(0, dueInMs),
    )
    this.#backAt = now + sleepMs
    this.#watch.expect(sleepMs)
    if (sleepMs < Number.POSITIVE_INFINITY) this.#timer = clock.after(sleepMs, () => this.#wake())
  }

  #wake(): void {
    this.#watchClocks()
    if (!this.#halted) this.#decideDue()
    this.#beatIfTime()
    this.#arm()
  }

  #decideDue(): void {
    const now = this.#parts.memory.now()
    const due: Entry<App>[] = []
    for (;;) {
      const entry = this.#heap.peek()
      if (!entry || entry.wakeAt > now) break
      this.#heap.pop()
      due.push(entry)
    }
    if (due.length > crowd) this.#work(this.#share(due))
    else for (const entry of due) this.#work(this.#decide(entry))
  }

  #work(work: Promise<void>): void {
    this.#working.add(work)
    void work.finally(() => this.#working.delete(work))
  }

  /** Sleep, a clock that was set, a process that was held still: told of, and looked into at once. */
  #watchClocks(): void {
    const seen = this.#watch.look()
    if (!seen) return
    const { log, firing } = this.#parts
    const { jumpMs, stillMs } = seen
    if (Math.abs(jumpMs) > stillMs) {
      const text = 'clock_jump: the machine slept, or its clock was set'
      log.warn({ event: 'clock_jump', jumpMs }, text)
    } else {
      const functions = firing.calls.calls.map(({ name }) => name)
      const text = 'this process stood still; let functions that compute for long push a job'
      log.warn({ event: 'stood_still', stillMs, functions }, text)
    }
    this.#beat(this.#backAt)
  }

  #beatIfTime(): void {
    const { firing, clock } = this.#parts
    const everyMs = firing.calls.calls.length > 0 ? beatWithCallsMs : beatMs
    if (clock.monotonic() - this.#beatAtMs >= everyMs) this.#beat()
  }

  /** @param backAt when this process was to be back, which was away since, on the connection's clock */
  #beat(backAt?: number): void {
    if (this.#beating || this.#left) return
    this.#beating = true
    this.#beatAtMs = this.#parts.clock.monotonic()
    this.#work(
      this.#giveSign(backAt).finally(() => {
        this.#beating = false
        this.#arm()
      }),
    )
  }

  async #giveSign(backAt: number | undefined): Promise<void> {
    const { memory, process, firing, log } = this.#parts
    const sign = { release: this.#releaseNow.id, process, calls: firing.calls.calls }
    try {
      const beat = await memory.beat(sign)
      // The time is measured now: only it tells a machine that slept from a clock that was set.
      if (backAt !== undefined && memory.now() - backAt > absentFromMs) {
        await memory.beat({ ...sign, absent: { from: backAt, to: memory.now() } })
      }
      firing.calls.abortLost(beat.lost, log)
      for (const { name, tick } of beat.interrupted) {
        const fields = { schedule: name, tick: new Date(tick).toISOString() }
        log.error(fields, 'tick failed: its function was interrupted, its process is gone')
      }
      this.#warnOfSkew()
      if (beat.rule === 'vacant' && !this.#halted) {
        log.info('the release that ruled is gone; registering')
        this.#again(0)
      }
    } catch (error) {
      // A lost connection is told of once, by the connection itself.
      if (isEquipageError(error, 'E_CONNECTION_AWAY')) return
      log.error({ err: toError(error) }, 'the sign of life could not be given')
    }
  }

  #warnOfSkew(): void {
    const skewMs = Math.round(this.#parts.memory.skewMs())
    const skewed = Math.abs(skewMs) > skewWarningMs
    if (skewed && !this.#skewed) {
      const text = "this machine's clock is off; ticks follow the connection's clock all the same"
      this.#parts.log.warn({ event: 'clock_skew', skewMs }, text)
    }
    this.#skewed = skewed
  }

  /**
   * A crowd: every replica begins at another place, and looks up what others have decided before
   * it claims.
   */
  async #share(due: Entry<App>[]): Promise<void> {
    const { memory, place } = this.#parts
    const start = Math.floor(place * due.length)
    const order = [...due.slice(start), ...due.slice(0, start)]
    for (let at = 0; at < order.length; at += crowdPart) {
      const part = order.slice(at, at + crowdPart)
      const names = part.map(({ schedule }) => schedule.name ?? '')
      const cursors = await memory.cursors(names).catch(() => [])
      await Promise.all(
        part.map((entry, index) => {
          const cursor = cursors[index]
          if (cursor == null || cursor <= entry.cursor) return this.#decide(entry)
          entry.cursor = cursor
          return this.#enter(entry)
        }),
      )
    }
    this.#arm()
  }

  /** Decides what is due of one schedule, in order, and puts it back. */
  async #decide(entry: Entry<App>): Promise<void> {
    const { schedule } = entry
    const { memory } = this.#parts
    let pauses: readonly Span[] | undefined
    try {
      for (;;) {
        if (this.#halted) return
        const now = memory.now()
        const { cursor, waiting, againUpTo } = entry
        if (isLate(schedule, cursor, now)) pauses ??= await memory.pauses(schedule.name ?? '')
        const known = { pauses: pauses ?? [], waiting, againUpTo }
        const decision = nextDecision(schedule, cursor, now, known)
        if (!decision) break
        const next = await this.#offer(entry, decision)
        if (next === 'leave') return
        if (next === 'wait') return this.#back(entry, heldRetryMs)
      }
      this.#enter(entry)
      this.#arm()
    } catch (error) {
      const fields = { schedule: schedule.name, err: toError(error) }
      // A lost connection is told of once, by the connection itself.
      if (isEquipageError(error, 'E_CONNECTION_AWAY')) this.#parts.log.debug(fields, 'tick delayed')
      else this.#parts.log.error(fields, 'a tick could not be decided; trying again')
      this.#back(entry, retryMs)
    }
  }

  #back(entry: Entry<App>, afterMs: number): void {
    if (entry.generation !== this.#generation) return
    entry.wakeAt = this.#parts.memory.now() + afterMs
    this.#heap.push(entry)
    this.#arm()
  }

  /** One claim, and what follows from its answer. */
  async #offer(entry: Entry<App>, decision: Decision): Promise<'go on' | 'wait' | 'leave'> {
    const { firing } = this.#parts
    const { schedule } = entry
    let answer = await firing.decide(schedule, entry.cursor, decision)
    if (answer.outcome === 'held' && schedule.overlap === 'queue') {
      entry.waiting = decision.tick?.instant ?? null
      return 'wait'
    }
    if (answer.outcome === 'held' || answer.outcome === 'paused') {
      const reason = answer.outcome === 'held' ? 'overlap' : 'paused'
      answer = await firing.decide(schedule, entry.cursor, decision, reason)
    }
    switch (answer.outcome) {
      case 'claimed':
        entry.cursor = decision.to
        entry.waiting = null
        return 'go on'
      case 'taken':
        if (answer.cursor < entry.cursor) this.#offerAgain(entry, answer.cursor)
        entry.cursor = answer.cursor
        entry.waiting = null
        return 'go on'
      case 'queued':
        entry.waiting = answer.tick
        return 'go on'
      case 'superseded':
        this.#standDown(schedule)
        return 'leave'
      case 'forgotten':
        this.#again()
        return 'leave'
      default:
        // It was paused, or held, between two claims: the next offer learns of it.
        return 'go on'
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
    this.#parts.log.warn(fields, 'Redis has lost writes; the ticks since then are offered again')
  }

  #standDown(schedule: Schedule<App>): void {
    if (this.#stoodDown.has(schedule)) return
    this.#stoodDown.add(schedule)
    const text =
      'another release has registered its schedules since and rules; this process does not fire this one'
    this.#parts.log.warn({ schedule: schedule.name }, text)
  }
}
