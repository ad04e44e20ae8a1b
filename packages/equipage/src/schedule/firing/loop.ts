import type { Registration, TickMemory } from '../../connection/index.ts'
import {
  type Clock,
  type EventSink,
  isEquipageError,
  type Timer,
  toError,
} from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { Schedule } from '../writing/index.ts'
import { deploymentOf } from './deployment.ts'
import { DueHeap } from './due-heap.ts'
import { endOfTime } from './end-of-time.ts'
import type { Entry } from './entry.ts'
import { Offers } from './offers.ts'
import { SchedulerHeartbeat } from './scheduler-heartbeat.ts'
import type { TickEvents } from './tick-events.ts'
import type { TickFiring } from './tick-firing.ts'

/** The longest sleep: a clock that was set, or a machine that slept, is noticed within it. */
const longestSleepMs = 1_000
/** The wait before another try while the connection is away. */
const retryMs = 1_000
/** How often a tick that waits for the run before is offered. */
const heldRetryMs = 500
/** More schedules than these at once are a crowd, which replicas share out. */
const crowd = 64
/** Of a crowd, this many are claimed together. */
const crowdPart = 500
/** A cursor further ahead of the time than this was moved by a clock that was wrong. */
const aheadMs = 60_000

export interface LoopDependencies<App> {
  schedules: readonly Schedule<App>[]
  memory: TickMemory
  firing: TickFiring<App>
  /** Host and process id. */
  process: string
  /** From 0 to 1: where in a crowd this replica begins. */
  offset: number
  events?: EventSink<TickEvents>
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
  readonly #dependencies: LoopDependencies<App>
  readonly #heap = new DueHeap<Entry<App>>()
  readonly #working = new Set<Promise<void>>()
  /** Schedules that another deployment has taken over. */
  readonly #superseded = new Set<Schedule<App>>()
  readonly #offers: Offers<App>
  /** Made at the start, when all schedules are written. */
  #heartbeat: SchedulerHeartbeat | undefined
  #timer: Timer | undefined
  #registering: Promise<void> | undefined
  #registered = false
  #generation = 0
  /** No more ticks are fired; leases are still renewed. */
  #halted = false
  #left = false

  constructor(dependencies: LoopDependencies<App>) {
    this.#dependencies = dependencies
    this.#offers = new Offers(dependencies)
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

  /** The last sign of life, once everything has ended. */
  async leave(): Promise<void> {
    if (this.#left) return
    this.#left = true
    this.#timer?.cancel()
    if (this.#registered) await this.#heartbeat?.leave()
  }

  async #register(): Promise<void> {
    const { memory, process, schedules, firing, events, clock, log } = this.#dependencies
    try {
      const deployment = deploymentOf(schedules)
      const registrations = await memory.register({ ...deployment, process })
      const { calls } = firing
      const dependencies = { memory, calls, deployment: deployment.id, process, events, clock, log }
      this.#heartbeat ??= new SchedulerHeartbeat(dependencies)
      this.#heartbeat.warnOfSkew()
      this.#heap.clear()
      this.#generation++
      for (const [index, schedule] of schedules.entries()) {
        const registration = registrations[index]
        if (registration) this.#takeUp(schedule, registration)
      }
      this.#registered = true
      this.#arm()
    } catch (error) {
      if (!isEquipageError(error, 'E_CONNECTION_AWAY')) throw error
      log.warn(`ticks wait: ${error.message}`)
      this.#registerAgain()
    }
  }

  #takeUp(schedule: Schedule<App>, registration: Registration): void {
    if (registration.outcome === 'superseded') {
      this.#supersede(schedule)
      return
    }
    this.#superseded.delete(schedule)
    const { anchor, cursor } = registration
    schedule.anchorAt(anchor)
    const aheadByMs = cursor - this.#dependencies.memory.now()
    if (aheadByMs > aheadMs && cursor < endOfTime) {
      const fields = { schedule: schedule.name, cursor: new Date(cursor).toISOString(), aheadByMs }
      const text = 'ticks of this schedule were decided by a clock that was ahead'
      this.#dependencies.log.error(
        fields,
        `${text}; it is silent until then; rename it to start anew`,
      )
    }
    const generation = this.#generation
    this.#enter({ schedule, cursor, wakeAt: 0, waiting: null, againUpTo: 0, generation })
  }

  #supersede(schedule: Schedule<App>): void {
    if (this.#superseded.has(schedule)) return
    this.#superseded.add(schedule)
    const text = 'another deployment, registered later, is current; this process does not fire this'
    this.#dependencies.log.warn({ schedule: schedule.name }, `${text} schedule`)
  }

  /** Registers once more, later; the first failure has been told of. */
  #registerAgain(afterMs = retryMs): void {
    if (this.#halted) return
    this.#registered = false
    this.#timer?.cancel()
    this.#timer = this.#dependencies.clock.after(afterMs, () => {
      this.#registering = this.#register().catch(error => {
        const err = toError(error)
        this.#dependencies.log.error({ err }, 'schedules cannot be registered; trying again')
        this.#registerAgain()
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

  /** Puts an entry back, to be looked at again soon. */
  #again(entry: Entry<App>, afterMs: number): void {
    if (entry.generation !== this.#generation) return
    entry.wakeAt = this.#dependencies.memory.now() + afterMs
    this.#heap.push(entry)
  }

  #arm(): void {
    if (this.#left || !this.#registered) return
    const { clock, memory, firing } = this.#dependencies
    this.#timer?.cancel()
    const dueAt = this.#halted ? undefined : this.#heap.peek()?.wakeAt
    const dueInMs = (dueAt ?? Number.POSITIVE_INFINITY) - memory.now()
    // A clock that nothing can set is not watched; leases are renewed on any.
    const unwatched = clock.steady === true && firing.calls.calls.length === 0
    const watchMs = unwatched ? Number.POSITIVE_INFINITY : longestSleepMs
    const sleepMs = Math.min(watchMs, Math.max(0, dueInMs))
    this.#heartbeat?.expect(sleepMs)
    if (sleepMs < Number.POSITIVE_INFINITY) this.#timer = clock.after(sleepMs, () => this.#wake())
  }

  #wake(): void {
    this.#work(this.#lookAround())
    if (!this.#halted) this.#decideDue()
    this.#arm()
  }

  async #lookAround(): Promise<void> {
    const current = await this.#heartbeat?.look()
    if (current !== 'none' || this.#halted) return
    this.#dependencies.log.info(
      'no process of the current deployment is alive any more; registering this one',
    )
    this.#registerAgain(0)
  }

  #decideDue(): void {
    const now = this.#dependencies.memory.now()
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
    void work.finally(() => {
      this.#working.delete(work)
      this.#arm()
    })
  }

  /**
   * A crowd: every replica begins at another place, and looks up what others have decided before
   * it claims.
   */
  async #share(due: Entry<App>[]): Promise<void> {
    const { memory, offset } = this.#dependencies
    const start = Math.floor(offset * due.length)
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
  }

  /** Decides what is due of one schedule, and puts it back. */
  async #decide(entry: Entry<App>): Promise<void> {
    try {
      const result = await this.#offers.decide(entry, () => this.#halted)
      if (result === 'next') this.#enter(entry)
      if (result === 'overlapping') this.#again(entry, heldRetryMs)
      if (result === 'superseded') this.#supersede(entry.schedule)
      if (result === 'forgotten') this.#registerAgain()
    } catch (error) {
      const { log } = this.#dependencies
      const fields = { schedule: entry.schedule.name, err: toError(error) }
      // A lost connection is told of once, by the connection itself.
      if (isEquipageError(error, 'E_CONNECTION_AWAY')) log.debug(fields, 'tick delayed')
      else log.error(fields, 'a tick could not be decided; trying again')
      this.#again(entry, retryMs)
    }
  }
}
