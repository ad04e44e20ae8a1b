import type { TickMemory } from '../connection/index.ts'
import type { Clock, Timer } from '../core/clock.ts'
import { isEquipageError, toError } from '../core/errors.ts'
import type { Logger } from '../log/index.ts'
import { DueHeap } from './due-heap.ts'
import { endOfTime } from './end-of-time.ts'
import { dueTicks } from './misfires.ts'
import type { Schedule } from './schedule.ts'
import type { TickFiring } from './tick-firing.ts'

/** A schedule on its way: what was decided of it, and when to look at it again. */
interface Entry<App> {
  readonly schedule: Schedule<App>
  /** The last tick that was decided, at first the anchor; epoch milliseconds. */
  cursor: number
  /** Epoch milliseconds on the connection's clock. */
  wakeAt: number
}

/** The longest sleep: a clock that was set, or a machine that slept, is noticed within it. */
const longestSleepMs = 1_000
/** The wait before another try while the connection is away. */
const retryMs = 1_000

/**
 * Fires the ticks of all schedules with one timer.
 *
 * 1. Registers the schedules, and learns of each where it stands; waits while the connection is away.
 * 2. Sleeps until the next one is due, a second at most.
 * 3. Decides what is due, every schedule on its own: a slow one does not hold up the others.
 * 4. Never ends by itself: whatever a schedule does is logged.
 */
export class TickLoop<App> {
  readonly #schedules: readonly Schedule<App>[]
  readonly #memory: TickMemory
  readonly #firing: TickFiring<App>
  readonly #log: Logger
  readonly #clock: Clock
  readonly #heap = new DueHeap<Entry<App>>()
  readonly #deciding = new Set<Promise<void>>()
  #timer: Timer | undefined
  #registering: Promise<void> | undefined
  #stopped = false

  constructor(parts: {
    schedules: readonly Schedule<App>[]
    memory: TickMemory
    firing: TickFiring<App>
    log: Logger
    clock: Clock
  }) {
    this.#schedules = parts.schedules
    this.#memory = parts.memory
    this.#firing = parts.firing
    this.#log = parts.log
    this.#clock = parts.clock
  }

  /** Resolves when the schedules are registered, or, with the connection away, when the first try has failed. */
  start(): Promise<void> {
    this.#registering ??= this.#register()
    return this.#registering
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#registering?.catch(() => undefined)
    await Promise.all(this.#deciding)
  }

  async #register(): Promise<void> {
    const entries = this.#schedules.map(({ name = '', definition }) => ({ name, definition }))
    try {
      const states = await this.#memory.register(entries)
      this.#heap.clear()
      for (const [index, schedule] of this.#schedules.entries()) {
        const state = states[index]
        if (!state) continue
        schedule.anchorAt(state.anchor)
        this.#enter({ schedule, cursor: state.cursor, wakeAt: 0 })
      }
      this.#arm()
    } catch (error) {
      if (!isEquipageError(error, 'E_CONNECTION_AWAY')) throw error
      this.#log.warn(`ticks wait: ${error.message}`)
      this.#again()
    }
  }

  /** Registers once more, later; the first failure has been told of. */
  #again(): void {
    if (this.#stopped) return
    this.#timer?.cancel()
    this.#timer = this.#clock.after(retryMs, () => {
      this.#registering = this.#register().catch(error => {
        this.#log.error({ err: toError(error) }, 'schedules cannot be registered; trying again')
        this.#again()
      })
    })
  }

  /** Puts an entry in its place by its next tick; one that has none is left out. */
  #enter(entry: Entry<App>): void {
    if (entry.cursor >= endOfTime) return
    const next = entry.schedule.timing.next(entry.cursor, entry.schedule.anchor)
    if (next === null) return
    entry.wakeAt = next
    this.#heap.push(entry)
  }

  #arm(): void {
    if (this.#stopped) return
    this.#timer?.cancel()
    const dueInMs = (this.#heap.peek()?.wakeAt ?? Number.POSITIVE_INFINITY) - this.#memory.now()
    const sleepMs = Math.min(longestSleepMs, Math.max(0, dueInMs))
    this.#timer = this.#clock.after(sleepMs, () => this.#wake())
  }

  #wake(): void {
    const now = this.#memory.now()
    for (;;) {
      const entry = this.#heap.peek()
      if (!entry || entry.wakeAt > now) break
      this.#heap.pop()
      const deciding = this.#decide(entry, now)
      this.#deciding.add(deciding)
      void deciding.finally(() => this.#deciding.delete(deciding))
    }
    this.#arm()
  }

  /** Decides what is due of one schedule, in order, and puts it back. */
  async #decide(entry: Entry<App>, now: number): Promise<void> {
    const { schedule } = entry
    try {
      for (const due of dueTicks(schedule as Schedule<never>, entry.cursor, now)) {
        if (this.#stopped) return
        const answer = await this.#firing.decide(schedule, entry.cursor, due)
        if (answer.outcome === 'superseded') return this.#standDown(schedule)
        if (answer.outcome === 'forgotten') return this.#again()
        entry.cursor = answer.outcome === 'taken' ? answer.cursor : due.instant
        if (answer.outcome === 'taken') break
      }
      this.#enter(entry)
    } catch (error) {
      const fields = { schedule: schedule.name, err: toError(error) }
      // A lost connection is told of once, by the connection itself.
      if (isEquipageError(error, 'E_CONNECTION_AWAY')) this.#log.debug(fields, 'tick delayed')
      else this.#log.error(fields, 'a tick could not be decided; trying again')
      entry.wakeAt = now + retryMs
      this.#heap.push(entry)
    }
    this.#arm()
  }

  #standDown(schedule: Schedule<App>): void {
    const text =
      'another release has registered this schedule anew; this process no longer fires it'
    this.#log.warn({ schedule: schedule.name }, text)
  }
}
