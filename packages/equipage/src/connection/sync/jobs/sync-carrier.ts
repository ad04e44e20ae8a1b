import { randomUUID } from 'node:crypto'
import type { Clock } from '../../../core/index.ts'
import {
  MemoryCheckpoints,
  type Outcome,
  type PushedJob,
  type Receipt,
  readMetadata,
  refusedReceipt,
} from '../../../job/index.ts'
import type { Logger } from '../../../log/index.ts'
import type { Carrier, ConsumeOptions, Consumer, QueueCounts, QueueWait } from '../../connection.ts'
import type { JobRow } from '../state/index.ts'
import type { InlineAttempt, InlineRuns } from './inline-runs.ts'
import type { Admission, JobLeases } from './job-leases.ts'
import type { KeptJobs } from './kept-jobs.ts'
import type { PausedQueues } from './paused-queues.ts'
import type { SyncCheckpoints } from './sync-checkpoints.ts'
import { SyncConsumer } from './sync-consumer.ts'

/**
 * Runs a pushed job before `push` returns. Only what cannot run now is written down: a delayed
 * job, the next attempt of one that failed, and one that has failed for good.
 */
export class SyncCarrier implements Carrier {
  readonly #jobs: KeptJobs
  readonly #leases: JobLeases
  readonly #checkpoints: SyncCheckpoints
  readonly #runs: InlineRuns
  readonly #paused: PausedQueues
  readonly #log: Logger
  readonly #clock: Clock
  readonly #consumers = new Set<SyncConsumer>()

  constructor(dependencies: {
    jobs: KeptJobs
    leases: JobLeases
    checkpoints: SyncCheckpoints
    runs: InlineRuns
    paused: PausedQueues
    log: Logger
    clock: Clock
  }) {
    const { jobs, leases, checkpoints, runs, paused, log, clock } = dependencies
    this.#jobs = jobs
    this.#leases = leases
    this.#checkpoints = checkpoints
    this.#runs = runs
    this.#paused = paused
    this.#log = log
    this.#clock = clock
  }

  async push(job: PushedJob): Promise<Receipt> {
    const id = job.id ?? randomUUID()
    const { name, queue } = job
    if (await this.#leases.isShared(job))
      return this.pushed(job, id, await this.#leases.admit(job, id))
    if (job.delayMs > 0) {
      await this.#keep(job, id, 1, job.delayMs)
      return { id, name, queue, state: 'delayed' }
    }
    if (await this.#paused.has(queue)) {
      await this.#keep(job, id, 1, 0)
      return { id, name, queue, state: 'waiting' }
    }
    if (job.id !== undefined && (await this.#jobs.has(id))) {
      return { id, name, queue, state: 'waiting' }
    }
    const { data, attempts, metadata } = job
    const pushedAt = this.#clock.now()
    // The job is not written down yet, and neither is what its parts give.
    const checkpoints = new MemoryCheckpoints()
    const outcome = await this.#runs.run(
      { id, name, queue, data, attempt: 1, attempts, starts: 1, pushedAt, metadata, checkpoints },
      false,
      async outcome => {
        if (outcome.state !== 'completed') await this.#checkpoints.keep(id, checkpoints.kept)
        if (outcome.state === 'retrying') {
          await this.#keep(job, id, 2, outcome.delayMs, outcome.error, pushedAt)
        }
        if (outcome.state === 'released') {
          await this.#keep(job, id, 1, outcome.delayMs, undefined, pushedAt)
        }
        if (outcome.state === 'failed') await this.#jobs.keepFailed(job, id, 1, outcome.error)
      },
    )
    return receiptOf({ id, name, queue }, outcome)
  }

  async #keep(
    job: PushedJob,
    id: string,
    attempt: number,
    delayMs: number,
    failure?: Error,
    pushedAt?: number,
  ): Promise<void> {
    await this.#jobs.keep(job, id, attempt, this.#clock.now() + delayMs, failure, pushedAt)
    this.wake()
  }

  /** What follows when a push was taken in: a job that is this process's now runs its first attempt. */
  async pushed(job: PushedJob, id: string, admission: Admission): Promise<Receipt> {
    const { name, queue, data, attempts, metadata } = job
    if (admission.state === 'refused') return refusedReceipt(job, admission.conflictingId)
    if (admission.state !== 'active') {
      this.wake()
      return { id, name, queue, state: admission.state }
    }
    return this.#runActive({
      id,
      name,
      queue,
      data,
      attempt: 1,
      attempts,
      starts: 1,
      pushedAt: this.#clock.now(),
      metadata,
      checkpoints: this.#checkpoints.of(id, 1),
    })
  }

  /** Runs the next attempt of a kept job that this process has taken. */
  runKept(row: JobRow): Promise<Receipt> {
    const { id, name, queue, attempt, attempts, starts } = row
    const metadata = readMetadata(parsed(row.metadata))
    return this.#runActive({
      id,
      name,
      queue,
      data: parsed(row.data),
      attempt,
      attempts,
      starts,
      pushedAt: row.pushed_at,
      metadata,
      checkpoints: this.#checkpoints.of(id, starts),
    })
  }

  async #runActive(attempt: InlineAttempt): Promise<Receipt> {
    const settle = (outcome: Outcome) => this.#settle(attempt, outcome)
    const outcome = await this.#runs.run(attempt, true, settle)
    if (await this.#leases.hasLimits(attempt.queue)) this.wake()
    return receiptOf(attempt, outcome)
  }

  async #settle({ id, queue, attempt }: InlineAttempt, outcome: Outcome): Promise<void> {
    const now = this.#clock.now()
    switch (outcome.state) {
      case 'completed':
        return this.#jobs.remove(id)
      case 'failed':
        return this.#jobs.fail(id, queue, outcome.error)
      case 'retrying':
        await this.#jobs.putBack(id, attempt + 1, now + outcome.delayMs, outcome.error)
        return this.wake()
      case 'released':
        await this.#jobs.putBack(id, attempt, now + outcome.delayMs)
        return this.wake()
    }
  }

  consume(options: ConsumeOptions): Consumer {
    const consumer = new SyncConsumer(options, {
      leases: this.#leases,
      runKept: row => this.runKept(row),
      drain: graceMs => this.#runs.drain(graceMs),
      log: this.#log,
      clock: this.#clock,
    })
    this.#consumers.add(consumer)
    return consumer
  }

  counts(queues: readonly string[]): Promise<QueueCounts[]> {
    return this.#jobs.counts(queues)
  }

  waits(queues: readonly string[]): Promise<QueueWait[]> {
    return this.#jobs.waits(queues)
  }

  /** Kept jobs may have become due. */
  wake(): void {
    for (const consumer of this.#consumers) consumer.wake()
  }
}

/** A chain's receipt tells how its last job ended that ran: the one after it, where there is one. */
function receiptOf(
  { id, name, queue }: Pick<Receipt, 'id' | 'name' | 'queue'>,
  outcome: Outcome,
): Receipt {
  const pushed = { id, name, queue }
  switch (outcome.state) {
    case 'completed': {
      if (!outcome.next) return { ...pushed, state: 'completed', result: outcome.result }
      return { ...outcome.next, ...pushed }
    }
    case 'released':
      return { ...pushed, state: outcome.delayMs > 0 ? 'delayed' : 'waiting' }
    case 'failed':
      if (outcome.next) return { ...outcome.next, ...pushed }
      return { ...pushed, state: 'failed', error: outcome.error }
    default:
      return { ...pushed, state: outcome.state, error: outcome.error }
  }
}

/** JSON of the state file; what is no JSON becomes undefined, which no schema accepts. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
