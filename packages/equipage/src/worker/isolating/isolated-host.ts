import { type Clock, EquipageError, type Json, type Timer, throughJson } from '../../core/index.ts'
import {
  type Attempt,
  callHere,
  carriedError,
  type JobDefinition,
  type JobRegistry,
  type PerformDependencies,
  type Pushable,
  type Receipt,
  readPayload,
  revivedError,
} from '../../job/index.ts'
import type { Logger } from '../../log/index.ts'
import {
  type FromIsolated,
  type IsolatedAttempt,
  type IsolatedRequest,
  readToIsolated,
  revivedReceipt,
} from './isolated-messages.ts'

/** The application, as far as its isolated jobs need it. */
export interface HostedApplication
  extends Pick<PerformDependencies, 'app' | 'clock' | 'middleware'> {
  readonly jobs: JobRegistry
  readonly log: Logger
}

export interface IsolatedHostDependencies {
  /** Makes the application ready; called once, when there is something to run. */
  load(): Promise<HostedApplication>
  /** To the worker; when that is gone, nothing happens. */
  say(message: FromIsolated): void
  /** Resident memory of this process. */
  memoryBytes(): number
  clock: Clock
}

/** How long a process waits for its next job before it ends by itself. */
export const idleMs = 30_000

interface Run {
  readonly number: number
  readonly job: string
  readonly controller: AbortController
}

/**
 * Runs isolated jobs in their own process, one at a time, as its worker says. The payload is read
 * and the middleware stands around the function here; what the connection keeps, the worker does.
 */
export class IsolatedHost {
  readonly #dependencies: IsolatedHostDependencies
  readonly #idle = Promise.withResolvers<void>()
  readonly #requests = new Map<number, PromiseWithResolvers<unknown>>()
  #application: Promise<HostedApplication> | undefined
  #asked = 0
  #run: Run | undefined
  #running: Promise<void> = Promise.resolve()
  #idleTimer: Timer | undefined
  #stopped = false

  constructor(dependencies: IsolatedHostDependencies) {
    this.#dependencies = dependencies
  }

  /** Resolves when it has had nothing to do for a while. */
  get idle(): Promise<void> {
    return this.#idle.promise
  }

  /** Takes a message of the worker; anything else is left alone. */
  receive(message: unknown): void {
    const heard = readToIsolated(message)
    if (!heard || this.#stopped) return
    switch (heard.kind) {
      case 'run': {
        this.#idleTimer?.cancel()
        const { run: number, attempt } = heard
        this.#run = { number, job: attempt.name, controller: new AbortController() }
        this.#running = this.#begin(this.#run, attempt)
        break
      }
      case 'abort':
        if (heard.run === this.#run?.number) this.#run.controller.abort(revivedError(heard.reason))
        break
      case 'answer': {
        const request = this.#requests.get(heard.request)
        this.#requests.delete(heard.request)
        if (heard.error) request?.reject(revivedError(heard.error))
        else request?.resolve(heard.value)
      }
    }
  }

  /** Aborts what runs. Resolves when it has ended, which it may never. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#idleTimer?.cancel()
    const error = new EquipageError('E_STOPPING', {})
    this.#run?.controller.abort(error)
    for (const request of this.#requests.values()) request.reject(error)
    await this.#running
  }

  async #begin(run: Run, attempt: IsolatedAttempt): Promise<void> {
    const { number } = run
    let ready: { application: HostedApplication; definition: JobDefinition }
    try {
      ready = await this.#ready(attempt.name)
    } catch (thrown) {
      this.#run = undefined
      return this.#dependencies.say({ kind: 'unable', run: number, error: carriedError(thrown) })
    }
    this.#dependencies.say({ kind: 'begun', run: number })
    const { application, definition } = ready
    const end = await this.#outcome(run, attempt, application, definition).then(
      result => ({ result }),
      (thrown: unknown) => ({ error: carriedError(thrown) }),
    )
    this.#run = undefined
    this.#idleTimer = this.#dependencies.clock.after(idleMs, () => this.#idle.resolve())
    this.#dependencies.say({
      kind: 'ended',
      run: number,
      memoryBytes: this.#dependencies.memoryBytes(),
      ...end,
    })
  }

  async #ready(
    name: string,
  ): Promise<{ application: HostedApplication; definition: JobDefinition }> {
    this.#application ??= this.#dependencies.load()
    const application = await this.#application
    const definition = application.jobs.job(name)
    if (!definition) throw new Error('the application that it loaded has no job of that name')
    return { application, definition }
  }

  async #outcome(
    run: Run,
    attempt: IsolatedAttempt,
    application: HostedApplication,
    definition: JobDefinition,
  ): Promise<Json> {
    const { signal } = run.controller
    signal.throwIfAborted()
    const payload = await readPayload(definition, attempt.data)
    const { id, name, queue } = attempt
    const log = application.log.child({ job: name, jobId: id, queue, attempt: attempt.attempt })
    const dependencies: PerformDependencies = {
      app: application.app,
      clock: application.clock,
      middleware: () => application.middleware?.() ?? [],
      pushChild: (_parent, job, args) => this.#push(run, application.jobs, job, args),
    }
    const whole = { ...attempt, signal, ...this.#linksOf(run) }
    const returned = await callHere(dependencies, whole, definition, payload, signal, log)
    return throughJson(returned, `result of job "${name}"`)
  }

  /** What an attempt has of its connection, by way of the worker. */
  #linksOf(run: Run): Pick<Attempt, 'checkpoints' | 'report'> {
    return {
      checkpoints: {
        load: async name => {
          const json = await this.#ask(run, { ask: 'load', name })
          return typeof json === 'string' ? json : undefined
        },
        save: async (name, json) => (await this.#ask(run, { ask: 'save', name, json })) === true,
      },
      report: progress => {
        if (this.#run !== run) return
        this.#dependencies.say({ kind: 'progress', run: run.number, progress })
      },
    }
  }

  /** Everything up to the message happens in the caller's turn: who does not await a push has pushed. */
  async #push(
    run: Run,
    jobs: JobRegistry,
    job: Pushable,
    [payload, options]: readonly unknown[],
  ): Promise<Receipt> {
    const { name } = jobs.resolve(job)
    const wants: IsolatedRequest = {
      ask: 'push',
      job: name,
      payload: throughJson(payload ?? {}, `payload of job "${name}"`),
      ...(options === undefined
        ? {}
        : { options: throughJson(options, `push of "${name}"`) as object }),
    }
    return revivedReceipt(await this.#ask(run, wants))
  }

  #ask(run: Run, wants: IsolatedRequest): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>()
    if (this.#run !== run) {
      const what = wants.ask === 'push' ? 'a push' : 'a checkpoint'
      answer.reject(new EquipageError('E_ISOLATED_LATE', { job: run.job, what }))
    } else if (this.#stopped) answer.reject(new EquipageError('E_STOPPING', {}))
    else {
      const request = ++this.#asked
      this.#requests.set(request, answer)
      this.#dependencies.say({ kind: 'request', run: run.number, request, wants })
    }
    return answer.promise
  }
}
