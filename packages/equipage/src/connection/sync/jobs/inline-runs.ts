import {
  type Clock,
  EquipageError,
  type HandedBack,
  settlesWithin,
  type Timer,
} from '../../../core/index.ts'
import type { Attempt, Outcome, Progress } from '../../../job/index.ts'
import type { RunAttempt } from '../../connection.ts'
import type { JobLeases } from './job-leases.ts'

/** What an attempt needs to know, before it is given a signal. */
export type InlineAttempt = Omit<Attempt, 'signal' | 'report'>

interface Run {
  readonly attempt: InlineAttempt
  readonly startedAt: number
  readonly controller: AbortController
  /** Resolves when the attempt has ended and what became of it is written down. */
  readonly settled: Promise<Outcome>
  /** The job is kept, so its lease has to be renewed while it runs. */
  readonly leased: boolean
  /** What it told last of how far it is, if that is not written down yet. */
  progress?: Progress
}

/** The attempts that this process runs at this moment, so that a stop can wait for them or abort them. */
export class InlineRuns {
  readonly #run: RunAttempt
  readonly #leases: JobLeases
  readonly #clock: Clock
  readonly #runs = new Map<string, Run>()
  #renewal: Timer | undefined

  constructor(run: RunAttempt, leases: JobLeases, clock: Clock) {
    this.#run = run
    this.#leases = leases
    this.#clock = clock
  }

  /**
   * Runs one attempt.
   * @param settle writes down how it ended; a stop waits for it too
   */
  async run(
    attempt: InlineAttempt,
    leased: boolean,
    settle: (outcome: Outcome) => Promise<unknown>,
  ): Promise<Outcome> {
    const controller = new AbortController()
    const { signal } = controller
    const report = (progress: Progress) => {
      const run = this.#runs.get(attempt.id)
      if (run) run.progress = progress
    }
    const settled = this.#run({ ...attempt, signal, report }).then(async outcome => {
      await this.#writeProgress().catch(() => undefined)
      await settle(outcome)
      return outcome
    })
    const startedAt = this.#clock.now()
    this.#runs.set(attempt.id, { attempt, startedAt, controller, settled, leased })
    if (leased) this.#renewal ??= this.#later()
    try {
      return await settled
    } finally {
      this.#runs.delete(attempt.id)
      if (!this.#leasedIds().length) this.#stopRenewing()
    }
  }

  /** The attempt that this process runs of a job; undefined when it runs none. */
  find(id: string): Pick<Run, 'attempt' | 'startedAt' | 'progress'> | undefined {
    return this.#runs.get(id)
  }

  /** Aborts the signal of a job that this process runs; false when it runs none of that id. */
  cancel(id: string): boolean {
    const run = this.#runs.get(id)
    const job = run?.attempt.name ?? ''
    run?.controller.abort(new EquipageError('E_JOB_CANCELLED', { job, jobId: id }))
    return run !== undefined
  }

  /** Waits for what runs now; after `graceMs` it aborts the signals, and each job is handed back. */
  async drain(graceMs: number): Promise<HandedBack> {
    const running = [...this.#runs.values()]
    const all = Promise.allSettled(running.map(run => run.settled))
    await settlesWithin(all, graceMs, this.#clock)
    for (const run of running) run.controller.abort(new EquipageError('E_STOPPING', {}))
    const ends = await all
    const handedBack = ends.filter(
      end => end.status === 'fulfilled' && end.value.state === 'released',
    )
    return { handedBack: handedBack.length }
  }

  #leasedIds(): string[] {
    return Array.from(this.#runs).flatMap(([id, run]) => (run.leased ? [id] : []))
  }

  #later(): Timer {
    return this.#clock.after(this.#leases.renewalMs, () => void this.#renew())
  }

  async #renew(): Promise<void> {
    this.#renewal = this.#later()
    // A renewal that fails is made up for by the next one: a lease outlives many of them.
    const cancelled = await this.#leases.renew(this.#leasedIds()).catch(() => [])
    for (const id of cancelled) this.cancel(id)
    await this.#writeProgress().catch(() => undefined)
  }

  async #writeProgress(): Promise<void> {
    for (const [id, run] of this.#runs) {
      const { progress, leased } = run
      if (!leased || progress === undefined) continue
      delete run.progress
      await this.#leases.noteProgress(id, progress)
    }
  }

  #stopRenewing(): void {
    this.#renewal?.cancel()
    this.#renewal = undefined
  }
}
