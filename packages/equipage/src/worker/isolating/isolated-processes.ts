import type { ChildProcess } from 'node:child_process'
import { EquipageError, toError } from '../../core/index.ts'
import type { IsolatedCall, IsolatedRuns, Isolation } from '../../job/index.ts'
import { IsolatedProcess, type IsolatedProcessDependencies, NotBegun } from './isolated-process.ts'

export interface IsolatedProcessesDependencies extends IsolatedProcessDependencies {
  /** Starts a process that hosts the application for isolated jobs, and ends when it is disconnected. */
  fork(): ChildProcess
}

/**
 * The processes that run isolated jobs for this one: as many as isolated attempts run at once, and
 * for a while those that have none. Attempts never wait for one another here, since one may wait
 * for the job that it pushes.
 */
export class IsolatedProcesses implements IsolatedRuns {
  readonly #dependencies: IsolatedProcessesDependencies
  readonly #processes = new Set<IsolatedProcess>()
  #stopped = false

  constructor(dependencies: IsolatedProcessesDependencies) {
    this.#dependencies = dependencies
  }

  /**
   * Resident memory of all of them together, as each has told it. One that has not said anything
   * yet counts as nothing, as does one that has been told to end: it is gone within seconds, and
   * nobody has to make room that is being made.
   */
  get memoryBytes(): number {
    let sum = 0
    for (const { ending, memoryBytes } of this.#processes) if (!ending) sum += memoryBytes
    return sum
  }

  async run(call: IsolatedCall): Promise<unknown> {
    for (;;) {
      call.signal.throwIfAborted()
      if (this.#stopped) throw new EquipageError('E_STOPPING', {})
      const process = this.#idle(call.isolation) ?? this.#start(call)
      const fresh = process.runs === 0
      try {
        return await process.run(call)
      } catch (error) {
        if (!(error instanceof NotBegun)) throw error
        // A used process may have been on its way out for what it ran before.
        if (fresh) throw cannotStart(call, error)
      } finally {
        if (process.free && (this.#stopped || !fits(process, call.isolation))) process.end()
      }
    }
  }

  /** The one that was started last, so that those that are not needed grow old. */
  #idle(isolation: Isolation): IsolatedProcess | undefined {
    return [...this.#processes].findLast(process => process.free && fits(process, isolation))
  }

  #start(call: IsolatedCall): IsolatedProcess {
    let process: IsolatedProcess
    try {
      process = new IsolatedProcess(this.#dependencies.fork(), this.#dependencies)
    } catch (thrown) {
      throw cannotStart(call, toError(thrown))
    }
    this.#processes.add(process)
    void process.gone.then(() => this.#processes.delete(process))
    return process
  }

  /** Lets all of them end; those that do not are killed. Resolves when none is left. */
  async stop(): Promise<void> {
    this.#stopped = true
    const processes = [...this.#processes]
    for (const process of processes) process.end()
    await Promise.all(processes.map(({ gone }) => gone))
  }
}

/** Whether one more job with these limits may run in it. */
function fits({ runs, memoryBytes }: IsolatedProcess, limits: Isolation): boolean {
  return runs < limits.maxJobs && memoryBytes <= limits.maxMemoryBytes
}

function cannotStart({ attempt }: IsolatedCall, cause: Error): EquipageError {
  const fields = { job: attempt.name, reason: cause.message }
  return new EquipageError('E_ISOLATED_START', fields, { cause })
}
