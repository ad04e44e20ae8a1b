import type { ChildProcess } from 'node:child_process'
import { Socket } from 'node:net'
import { type Clock, EquipageError, humanDuration, type Timer } from '../../core/index.ts'
import { carriedError, type IsolatedCall, type JobRegistry, revivedError } from '../../job/index.ts'
import type { Logger } from '../../log/index.ts'
import {
  carriedReceipt,
  type FromIsolated,
  type IsolatedAttempt,
  type IsolatedRequest,
  readFromIsolated,
  type ToIsolated,
} from './isolated-messages.ts'
import { ReportedMemory } from './reported-memory.ts'

/** How long a process may take to end a function whose signal was aborted, or itself, before it is killed. */
export const isolatedPatienceMs = 5_000

export interface IsolatedProcessDependencies {
  jobs(): Promise<JobRegistry>
  log: Logger
  clock: Clock
}

/** A process has ended, and had not begun the run that it was given. */
export class NotBegun extends Error {}

interface Run {
  readonly number: number
  readonly call: IsolatedCall
  readonly ended: PromiseWithResolvers<unknown>
  begun: boolean
}

/**
 * A process that runs isolated jobs, one at a time, seen from its worker.
 *
 * 1. Hands attempts over, and passes on what their functions ask for: checkpoints, pushes, progress.
 * 2. Passes on that a signal was aborted, and kills the process when that does not end the function.
 * 3. Fails the attempt when the process ends in the middle of it.
 *
 * Between two runs it keeps nobody's event loop alive.
 */
export class IsolatedProcess {
  readonly #child: ChildProcess
  readonly #dependencies: IsolatedProcessDependencies
  readonly #gone = Promise.withResolvers<void>()
  readonly #toldMemory = new ReportedMemory()
  #run: Run | undefined
  #kill: Timer | undefined
  #ending = false
  /** How many runs it was given. */
  runs = 0
  /**
   * What it occupied a second ago at most when it has a run, else when the last one had ended;
   * 0 until it has said so for the first time.
   */
  memoryBytes = 0

  constructor(child: ChildProcess, dependencies: IsolatedProcessDependencies) {
    this.#child = child
    this.#dependencies = dependencies
    let exit: { code: number | null; signal: string | null } | undefined
    // Its last messages may be read after its end.
    const end = () => {
      if (exit && !child.connected) this.#over(exit.code, exit.signal)
    }
    child.on('message', message => this.#hear(message))
    child.once('exit', (code, signal) => {
      exit = { code, signal }
      end()
    })
    child.once('disconnect', () => {
      this.end()
      end()
    })
    child.on('error', err => {
      if (child.pid !== undefined) return
      this.#ending = true
      this.#over(null, null, err)
    })
    // The one that tells the process of this one's end; what becomes of it here says nothing.
    for (const stream of sockets(child)) {
      stream.on('error', () => undefined)
      stream.setEncoding('latin1')
      stream.on('data', (piece: string) => this.#remember(this.#toldMemory.read(piece)))
    }
    dependencies.log.debug({ isolated: child.pid }, 'isolated process started')
  }

  /** Whether it can be given a run. */
  get free(): boolean {
    return !this.#ending && this.#child.connected && this.#run === undefined
  }

  /** Whether it has been told to end, or lets go of its worker by itself. */
  get ending(): boolean {
    return this.#ending
  }

  /** Resolves when it has ended. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /**
   * Runs one attempt; it must be `free`.
   * @returns as `IsolatedRuns.run` does; rejects with NotBegun when the process ended before it
   */
  async run(call: IsolatedCall): Promise<unknown> {
    const run: Run = {
      number: ++this.runs,
      call,
      ended: Promise.withResolvers(),
      begun: false,
    }
    this.#run = run
    this.#hold(true)
    this.#say({ kind: 'run', run: run.number, attempt: dataOf(call) })
    const { signal } = call
    const abort = () => {
      this.#say({ kind: 'abort', run: run.number, reason: carriedError(signal.reason) })
      this.#killSoon()
    }
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await run.ended.promise
    } finally {
      signal.removeEventListener('abort', abort)
    }
  }

  /** Lets it end, and kills it when it does not. */
  end(): void {
    if (this.#ending) return
    this.#ending = true
    if (this.#child.connected) this.#child.disconnect()
    this.#killSoon()
  }

  #hear(message: unknown): void {
    const heard = readFromIsolated(message)
    const run = this.#run
    if (!heard || !run || heard.run !== run.number) return
    switch (heard.kind) {
      case 'begun':
        run.begun = true
        break
      case 'progress':
        run.call.progress(heard.progress)
        break
      case 'request':
        void this.#answer(run, heard)
        break
      case 'unable': {
        const cause = revivedError(heard.error)
        const fields = { job: run.call.attempt.name, reason: cause.message }
        this.#settle()
        run.ended.reject(new EquipageError('E_ISOLATED_START', fields, { cause }))
        this.end()
        break
      }
      case 'ended':
        this.memoryBytes = heard.memoryBytes
        this.#settle()
        if (heard.error) run.ended.reject(revivedError(heard.error))
        else run.ended.resolve(heard.result)
    }
  }

  #remember(bytes: number | undefined): void {
    // What it says at the end of a run may be read before what it wrote in the middle of it.
    if (bytes !== undefined && this.#run) this.memoryBytes = bytes
  }

  /** What it had to do is done, in whatever way. */
  #settle(): void {
    this.#run = undefined
    this.#kill?.cancel()
    this.#kill = undefined
    this.#hold(false)
  }

  async #answer(
    { number, call }: Run,
    { request, wants }: FromIsolated & { kind: 'request' },
  ): Promise<void> {
    try {
      const value = await this.#granted(call, wants)
      this.#say({ kind: 'answer', run: number, request, value })
    } catch (thrown) {
      this.#say({ kind: 'answer', run: number, request, error: carriedError(thrown) })
    }
  }

  async #granted({ attempt, push }: IsolatedCall, wants: IsolatedRequest): Promise<unknown> {
    switch (wants.ask) {
      case 'load':
        return attempt.checkpoints.load(wants.name)
      case 'save':
        return attempt.checkpoints.save(wants.name, wants.json)
      case 'push': {
        const definition = (await this.#dependencies.jobs()).resolve(wants.job)
        return carriedReceipt(await push(definition, wants.payload, wants.options))
      }
    }
  }

  #say(message: ToIsolated): void {
    // A process that is gone is reported by its end.
    this.#child.send(message, () => undefined)
  }

  /** Whether this process stays alive for it. */
  #hold(held: boolean): void {
    const change = held ? 'ref' : 'unref'
    this.#child[change]()
    this.#child.channel?.[change]()
    for (const stream of sockets(this.#child)) stream.unref()
  }

  #killSoon(): void {
    const { clock, log } = this.#dependencies
    this.#kill ??= clock.after(isolatedPatienceMs, () => {
      const line = `isolated process killed: it did not end within ${humanDuration(isolatedPatienceMs)}`
      ;(this.#run?.call.log ?? log).warn({ isolated: this.#child.pid }, line)
      this.#child.kill('SIGKILL')
    })
  }

  #over(code: number | null, signal: string | null, err?: Error): void {
    const run = this.#run
    this.#ending = true
    this.#settle()
    this.#dependencies.log.debug(
      { isolated: this.#child.pid, code, signal },
      'isolated process ended',
    )
    this.#gone.resolve()
    if (!run) return
    const { name: job } = run.call.attempt
    if (run.begun) run.ended.reject(new EquipageError('E_ISOLATED_DIED', { job, code, signal }))
    else {
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`
      run.ended.reject(new NotBegun(err?.message ?? `it ended by ${how} before the job began`))
    }
  }
}

/** The pipes between the two, beside the channel of messages. */
function sockets({ stdio }: ChildProcess): Socket[] {
  return stdio.filter(stream => stream instanceof Socket)
}

function dataOf({ attempt }: IsolatedCall): IsolatedAttempt {
  const { id, name, queue, data, attempts, starts, pushedAt, metadata } = attempt
  return { id, name, queue, data, attempt: attempt.attempt, attempts, starts, pushedAt, metadata }
}
