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

export interface SupervisorParts {
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
interface Place {
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
  readonly #parts: SupervisorParts
  readonly #ended = Promise.withResolvers<number>()
  #places: Place[] = []
  #stopping: Promise<HandedBack> | undefined
  #handedBack = 0
  #attemptsEnded = 0
  #untold = 0

  constructor(options: SupervisorOptions, parts: SupervisorParts) {
    this.#options = options
    this.#parts = parts
  }

  /** Resolves with an exit code when the children have nothing more to do, or cannot do it. */
  get ended(): Promise<number> {
    return this.#ended.promise
  }

  async start(): Promise<void> {
    if (this.#places.length > 0 || this.#stopping !== undefined) return
    const { processes, queues = [] } = this.#options
    this.#places = Array.from({ length: processes }, (_, index) => ({
      child: undefined,
      gone: Promise.resolve(),
      deaths: 0,
      restart: undefined,
      queue: queues[index % queues.length],
      moving: false,
      listens: false,
    }))
    for (const one of this.#places) this.#fill(one)
    this.#parts.log.info({ processes }, 'supervisor started')
  }

  #fill(place: Place): void {
    const { fork, log, clock } = this.#parts
    const child = fork(place.queue)
    const startedAt = clock.monotonic()
    const gone = Promise.withResolvers<void>()
    place.child = child
    place.gone = gone.promise
    place.restart = undefined
    place.listens = false
    let done: (FromWorker & { kind: 'equipage:done' }) | undefined
    child.on('message', message => {
      const heard = readFromWorker(message)
      if (heard?.kind === 'equipage:listens') place.listens = true
      else if (heard) done = heard
    })
    log.info({ worker: child.pid, queue: place.queue }, 'worker process started')
    let over = false
    const end = (code: number | null, signal: string | null, err?: Error) => {
      if (over) return
      over = true
      place.child = undefined
      // One that ended badly and did not say why counts as one job.
      this.#handedBack += done?.handedBack || (code === 0 ? 0 : 1)
      if (done) this.#attemptsEnded += done.attemptsEnded
      else if (place.listens) this.#untold++
      this.#emptied(place, { worker: child.pid, code, signal, err }, clock.monotonic() - startedAt)
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

  #emptied(place: Place, end: End, livedMs: number): void {
    const { log, clock } = this.#parts
    if (this.#stopping !== undefined) {
      log.info(end, 'worker process ended')
      return
    }
    if (place.moving) {
      place.moving = false
      this.#fill(place)
      return
    }
    if (end.code === configurationFault) {
      log.error(end, 'worker process ended: a restart will not mend it')
      this.#ended.resolve(configurationFault)
      return
    }
    if (end.code === 0 && this.#options.oneLife) {
      log.info(end, 'worker process ended: it has done what it was for')
      if (this.#places.every(one => !one.child && !one.restart)) this.#ended.resolve(0)
      return
    }
    const { waitMs, deaths } = restartWait({ code: end.code, livedMs }, place.deaths)
    place.deaths = deaths
    place.restart = clock.after(waitMs, () => this.#fill(place))
    const level = end.code === 0 ? 'info' : 'error'
    log[level]({ ...end, waitMs }, 'worker process ended: another one takes its place')
  }

  /** How many processes each queue has, those among them that are about to be started. */
  spread(): Map<string, number> {
    const spread = new Map<string, number>()
    for (const { queue } of this.#places) {
      if (queue !== undefined) spread.set(queue, (spread.get(queue) ?? 0) + 1)
    }
    return spread
  }

  /** Whether a process is on its way from one queue to another. */
  get moving(): boolean {
    return this.#places.some(place => place.moving)
  }

  /** Lets one process of a queue end as a signal would, and starts one of another queue in its place. */
  move({ from, to }: Move): void {
    if (this.#stopping !== undefined) return
    const place = this.#places.find(
      ({ queue, child, moving }) => queue === from && child?.connected && !moving,
    )
    if (!place?.child) return
    this.#parts.log.info({ worker: place.child.pid, from, to }, 'worker process moves')
    place.queue = to
    place.moving = true
    tellToStop(place)
  }

  /** What its processes have said at their end that they did, over all their lives. */
  get deeds(): { attemptsEnded: number; processesUntold?: number } {
    const attemptsEnded = this.#attemptsEnded
    return this.#untold === 0 ? { attemptsEnded } : { attemptsEnded, processesUntold: this.#untold }
  }

  /** Lets the children stop as a signal would, and kills those that have not ended a while after the grace. */
  stop(graceMs: number): Promise<HandedBack> {
    this.#stopping ??= this.#stop(graceMs)
    return this.#stopping
  }

  async #stop(graceMs: number): Promise<HandedBack> {
    const { clock, log } = this.#parts
    this.#handedBack = 0
    for (const place of this.#places) {
      place.restart?.cancel()
      tellToStop(place)
    }
    const all = Promise.all(this.#places.map(({ gone }) => gone))
    if (!(await settlesWithin(all, graceMs + endPatienceMs, clock))) {
      log.error('worker processes did not end in time, and are killed')
      this.kill()
      await all
    }
    return { handedBack: this.#handedBack }
  }

  /** Ends what is left of the children at once. */
  kill(): void {
    for (const { child } of this.#places) child?.kill('SIGKILL')
  }

  /** Whether it has been told to stop. */
  get stopping(): boolean {
    return this.#stopping !== undefined
  }
}

/** A child whose last words are to be heard stays connected. */
function tellToStop({ child, listens }: Place): void {
  if (!child?.connected) return
  // What cannot be sent any more is made up for by the end of the child.
  if (listens) child.send(stopMessage, () => undefined)
  else child.disconnect()
}
