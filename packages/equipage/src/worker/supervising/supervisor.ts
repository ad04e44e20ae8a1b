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
  once(event: 'disconnect', disconnected: () => void): unknown
  on(event: 'message', received: (message: unknown) => void): unknown
  send(message: object, sent: (error: Error | null) => void): unknown
  disconnect(): void
  kill(signal: 'SIGKILL'): unknown
}

export interface SupervisorOptions {
  /** How many children it keeps alive. */
  processes: number
  /** A child that exits with 0 is not started again. */
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

/** The exit code of a process whose configuration is wrong: a restart does not fix that. */
const configurationFault = 78

/** How long children may take beyond their grace: to close their connections and the application. */
const endPatienceMs = 10_000

/** One of the children, and those that replace it. */
interface Slot {
  child: Child | undefined
  /** Resolves when the child has ended. */
  gone: Promise<void>
  deaths: number
  restart: Timer | undefined
  /** The queue of the child, and of the next one. */
  queue: string | undefined
  /** Its child was asked to stop, so that the next one consumes another queue. */
  moving: boolean
  /** Its child receives the message to stop. */
  listening: boolean
}

/** How a child exited, as it is logged. */
interface ChildExit {
  readonly worker: number | undefined
  readonly code: number | null
  readonly signal: string | null
  readonly err: Error | undefined
}

/**
 * Keeps worker processes alive.
 *
 * 1. Starts as many as its options say.
 * 2. Restarts one that exited, after a wait that grows with every death in a row.
 * 3. Gives up, with the same exit code, when one exits because its configuration is wrong.
 * 4. Stops them by a message, or, those that do not listen yet, by disconnecting from them, which
 *    they also notice when this process dies; those that do not exit in time are killed.
 * 5. Adds up the totals that they report at their end.
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

  /** Resolves with an exit code when the children have nothing more to do, or cannot run. */
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
      listening: false,
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
    slot.listening = false
    let done: (FromWorker & { kind: 'equipage:done' }) | undefined
    child.on('message', message => {
      const received = readFromWorker(message)
      if (received?.kind === 'equipage:listening') slot.listening = true
      else if (received) done = received
    })
    log.info({ worker: child.pid, queue: slot.queue }, 'worker process started')
    let over = false
    const end = (code: number | null, signal: string | null, err?: Error) => {
      if (over) return
      over = true
      slot.child = undefined
      // One that exited badly and did not report counts as one job.
      this.#handedBack += done?.handedBack || (code === 0 ? 0 : 1)
      if (done) this.#attemptsEnded += done.attemptsEnded
      else if (slot.listening) this.#unreported++
      this.#exited(slot, { worker: child.pid, code, signal, err }, clock.monotonic() - startedAt)
      gone.resolve()
    }
    child.once('exit', (code, signal) => {
      // Its last messages may arrive after its exit.
      if (child.connected) child.once('disconnect', () => end(code, signal))
      else end(code, signal)
    })
    // It could not be started at all, or could not be killed.
    child.once('error', err => end(1, null, err))
  }

  #exited(slot: Slot, exit: ChildExit, livedMs: number): void {
    const { log, clock } = this.#dependencies
    if (this.#stopping !== undefined) {
      log.info(exit, 'worker process ended')
      return
    }
    if (slot.moving) {
      slot.moving = false
      this.#fill(slot)
      return
    }
    if (exit.code === configurationFault) {
      log.error(exit, 'worker process ended: its configuration is wrong, it is not restarted')
      this.#ended.resolve(configurationFault)
      return
    }
    if (exit.code === 0 && this.#options.oneLife) {
      log.info(exit, 'worker process ended: nothing is left to do')
      if (this.#slots.every(one => !one.child && !one.restart)) this.#ended.resolve(0)
      return
    }
    const { waitMs, deaths } = restartWait({ code: exit.code, livedMs }, slot.deaths)
    slot.deaths = deaths
    slot.restart = clock.after(waitMs, () => this.#fill(slot))
    const level = exit.code === 0 ? 'info' : 'error'
    log[level]({ ...exit, waitMs }, 'worker process ended: it is restarted')
  }

  /** How many processes each queue has, including those that are about to be started. */
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

  /** Stops one process of a queue as a signal would, and starts one of another queue instead. */
  move({ from, to }: Move): void {
    if (this.#stopping !== undefined) return
    const slot = this.#slots.find(
      ({ queue, child, moving }) => queue === from && child?.connected && !moving,
    )
    if (!slot?.child) return
    this.#dependencies.log.info(
      { worker: slot.child.pid, from, to },
      'worker process moves to another queue',
    )
    slot.queue = to
    slot.moving = true
    askToStop(slot)
  }

  /** The totals that its processes reported at their end, those of all their lives. */
  get totals(): { attemptsEnded: number; processesUnreported?: number } {
    const attemptsEnded = this.#attemptsEnded
    return this.#unreported === 0
      ? { attemptsEnded }
      : { attemptsEnded, processesUnreported: this.#unreported }
  }

  /** Stops the children as a signal would, and kills those that have not exited ten seconds after the grace. */
  stop(graceMs: number): Promise<HandedBack> {
    this.#stopping ??= this.#stop(graceMs)
    return this.#stopping
  }

  async #stop(graceMs: number): Promise<HandedBack> {
    const { clock, log } = this.#dependencies
    this.#handedBack = 0
    for (const slot of this.#slots) {
      slot.restart?.cancel()
      askToStop(slot)
    }
    const all = Promise.all(this.#slots.map(({ gone }) => gone))
    if (!(await settlesWithin(all, graceMs + endPatienceMs, clock))) {
      log.error('worker processes did not end in time: killing them')
      this.kill()
      await all
    }
    return { handedBack: this.#handedBack }
  }

  /** Kills the children that are left. */
  kill(): void {
    for (const { child } of this.#slots) child?.kill('SIGKILL')
  }

  /** Whether `stop` was called. */
  get stopping(): boolean {
    return this.#stopping !== undefined
  }
}

/** A child that listens stays connected, so that it can report its totals. */
function askToStop({ child, listening }: Slot): void {
  if (!child?.connected) return
  // Where this fails the child is exiting by itself.
  if (listening) child.send(stopMessage, () => undefined)
  else child.disconnect()
}
