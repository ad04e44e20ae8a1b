import {
  type Clock,
  type HandedBack,
  type Lifecycle,
  settlesWithin,
  type Timer,
} from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { Move } from './balance.ts'
import { type FromWorker, readFromWorker, stopMessage } from './process-messages.ts'
import { restartWait } from './restart-wait.ts'

/** A child process, as far as a supervisor deals with it. */
export interface Child {
  readonly pid?: number | undefined
  readonly connected: boolean
  once(event: 'exit', ended: (code: number | null, signal: string | null) => void): unknown
  once(event: 'error', failed: (error: Error) => void): unknown
  once(event: 'disconnect', parted: () => void): unknown
  on(event: 'message', heard: (message: unknown) => void): unknown
  send(message: object, sent: (error: Error | null) => void): unknown
  disconnect(): void
  kill(signal: 'SIGKILL'): unknown
}

export interface SupervisorOptions {
  /** How many children it keeps alive. */
  processes: number
  /** A child that ends with 0 has done what it was for, and no other takes its place. */
  oneLife: boolean
  /** Each child consumes one of them; all of the application's when left out. */
  queues?: readonly string[] | undefined
}

export interface SupervisorDependencies {
  /**
   * Starts a worker process that ends when it is disconnected.
   * @param queue the one that it consumes
   */
  fork(queue: string | undefined): Child
  log: Logger
  clock: Clock
}

/** The exit code of a process that a restart does not mend. */
const configurationFault = 78

/** How long children may take beyond their grace: to let go of Redis and of the application. */
const endPatienceMs = 10_000

/** One of the children, and whoever takes its place. */
interface Slot {
  child: Child | undefined
  /** Resolves when the child has ended. */
  gone: Promise<void>
  deaths: number
  restart: Timer | undefined
  /** The queue of the child, and of the next one. */
  queue: string | undefined
  /** Its child has been told to end, so that the next one consumes another queue. */
  moving: boolean
  /** Its child hears when it is told to stop. */
  listens: boolean
}

/** What has become of a child's life. */
interface End {
  readonly worker: number | undefined
  readonly code: number | null
  readonly signal: string | null
  readonly err: Error | undefined
}

/**
 * Keeps worker processes alive.
 *
 * 1. Starts as many as it was told.
 * 2. Starts another in the place of one that ended, after a wait that grows with every death in
 *    a row.
 * 3. Gives up, with the same exit code, when one says that its configuration is at fault.
 * 4. Stops them by telling them to, or, those that do not listen yet, by disconnecting from them,
 *    which all of them notice when this process dies; those that do not end in time are killed.
 * 5. Adds up what they say at their end that they have done.
 */
export class Supervisor implements Lifecycle {
  readonly #options: SupervisorOptions
  readonly #dependencies: SupervisorDependencies
  readonly #ended = Promise.withResolvers<number>()
  #slots: Slot[] = []
  #stopping: Promise<HandedBack> | undefined
  #handedBack = 0
  #attemptsEnded = 0
  #unreported = 0

  constructor(options: SupervisorOptions, dependencies: SupervisorDependencies) {
    this.#options = options
    this.#dependencies = dependencies
  }

  /** Resolves with an exit code when the children have nothing more to do, or cannot do it. */
  get ended(): Promise<number> {
    return this.#ended.promise
  }

  async start(): Promise<void> {
    if (this.#slots.length > 0 || this.#stopping !== undefined) return
    const { processes, queues = [] } = this.#options
    this.#slots = Array.from({ length: processes }, (_, index) => ({
      child: undefined,
      gone: Promise.resolve(),
      deaths: 0,
      restart: undefined,
      queue: queues[index % queues.length],
      moving: false,
      listens: false,
    }))
    for (const one of this.#slots) this.#fill(one)
    this.#dependencies.log.info({ processes }, 'supervisor started')
  }

  #fill(slot: Slot): void {
    const { fork, log, clock } = this.#dependencies
    const child = fork(slot.queue)
    const startedAt = clock.monotonic()
    const gone = Promise.withResolvers<void>()
    slot.child = child
    slot.gone = gone.promise
    slot.restart = undefined
    slot.listens = false
    let done: (FromWorker & { kind: 'equipage:done' }) | undefined
    child.on('message', message => {
      const heard = readFromWorker(message)
      if (heard?.kind === 'equipage:listens') slot.listens = true
      else if (heard) done = heard
    })
    log.info({ worker: child.pid, queue: slot.queue }, 'worker process started')
    let over = false
    const end = (code: number | null, signal: string | null, err?: Error) => {
      if (over) return
      over = true
      slot.child = undefined
      // One that ended badly and did not say why counts as one job.
      this.#handedBack += done?.handedBack || (code === 0 ? 0 : 1)
      if (done) this.#attemptsEnded += done.attemptsEnded
      else if (slot.listens) this.#unreported++
      this.#emptied(slot, { worker: child.pid, code, signal, err }, clock.monotonic() - startedAt)
      gone.resolve()
    }
    child.once('exit', (code, signal) => {
      // Its last messages may be read after its end.
      if (child.connected) child.once('disconnect', () => end(code, signal))
      else end(code, signal)
    })
    // It could not be started at all, or could not be killed.
    child.once('error', err => end(1, null, err))
  }

  #emptied(slot: Slot, end: End, livedMs: number): void {
    const { log, clock } = this.#dependencies
    if (this.#stopping !== undefined) {
      log.info(end, 'worker process ended')
      return
    }
    if (slot.moving) {
      slot.moving = false
      this.#fill(slot)
      return
    }
    if (end.code === configurationFault) {
      log.error(end, 'worker process ended: a restart will not mend it')
      this.#ended.resolve(configurationFault)
      return
    }
    if (end.code === 0 && this.#options.oneLife) {
      log.info(end, 'worker process ended: it has done what it was for')
      if (this.#slots.every(one => !one.child && !one.restart)) this.#ended.resolve(0)
      return
    }
    const { waitMs, deaths } = restartWait({ code: end.code, livedMs }, slot.deaths)
    slot.deaths = deaths
    slot.restart = clock.after(waitMs, () => this.#fill(slot))
    const level = end.code === 0 ? 'info' : 'error'
    log[level]({ ...end, waitMs }, 'worker process ended: another one takes its place')
  }

  /** How many processes each queue has, those among them that are about to be started. */
  processesPerQueue(): Map<string, number> {
    const processesPerQueue = new Map<string, number>()
    for (const { queue } of this.#slots) {
      if (queue !== undefined) processesPerQueue.set(queue, (processesPerQueue.get(queue) ?? 0) + 1)
    }
    return processesPerQueue
  }

  /** Whether a process is on its way from one queue to another. */
  get moving(): boolean {
    return this.#slots.some(slot => slot.moving)
  }

  /** Lets one process of a queue end as a signal would, and starts one of another queue in its place. */
  move({ from, to }: Move): void {
    if (this.#stopping !== undefined) return
    const slot = this.#slots.find(
      ({ queue, child, moving }) => queue === from && child?.connected && !moving,
    )
    if (!slot?.child) return
    this.#dependencies.log.info({ worker: slot.child.pid, from, to }, 'worker process moves')
    slot.queue = to
    slot.moving = true
    tellToStop(slot)
  }

  /** What its processes have said at their end that they did, over all their lives. */
  get totals(): { attemptsEnded: number; processesUntold?: number } {
    const attemptsEnded = this.#attemptsEnded
    return this.#unreported === 0
      ? { attemptsEnded }
      : { attemptsEnded, processesUntold: this.#unreported }
  }

  /** Lets the children stop as a signal would, and kills those that have not ended a while after the grace. */
  stop(graceMs: number): Promise<HandedBack> {
    this.#stopping ??= this.#stop(graceMs)
    return this.#stopping
  }

  async #stop(graceMs: number): Promise<HandedBack> {
    const { clock, log } = this.#dependencies
    this.#handedBack = 0
    for (const slot of this.#slots) {
      slot.restart?.cancel()
      tellToStop(slot)
    }
    const all = Promise.all(this.#slots.map(({ gone }) => gone))
    if (!(await settlesWithin(all, graceMs + endPatienceMs, clock))) {
      log.error('worker processes did not end in time, and are killed')
      this.kill()
      await all
    }
    return { handedBack: this.#handedBack }
  }

  /** Ends what is left of the children at once. */
  kill(): void {
    for (const { child } of this.#slots) child?.kill('SIGKILL')
  }

  /** Whether it has been told to stop. */
  get stopping(): boolean {
    return this.#stopping !== undefined
  }
}

/** A child whose last words are to be heard stays connected. */
function tellToStop({ child, listens }: Slot): void {
  if (!child?.connected) return
  // What cannot be sent any more is made up for by the end of the child.
  if (listens) child.send(stopMessage, () => undefined)
  else child.disconnect()
}
