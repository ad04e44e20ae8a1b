import {
  type Cleared,
  type JobState,
  jobStates,
  type QueueAdmin,
  type QueueCounts,
  type StoredJob,
} from '../connection/index.ts'
import { EquipageError, nearest } from '../core/index.ts'
import type { JobRegistry } from '../job/index.ts'

/** What looking after queues needs. */
export interface ManagedQueueDependencies {
  /** Connected with the first call. */
  admin(): Promise<QueueAdmin>
  carrier(): Promise<{ counts(queues: readonly string[]): Promise<QueueCounts[]> }>
  registry(): Promise<JobRegistry>
}

/** Where to look for a job. */
export interface InQueue {
  /** All queues that the application's jobs name, when left out. */
  queue?: string | undefined
}

/** Which jobs of a queue to list. */
export interface ListOptions {
  /** All states, one after the other, when left out. */
  state?: JobState | undefined
  /** How many of the newest to pass over; 0 when left out. */
  offset?: number | undefined
  /** How many at most; 20 when left out. */
  limit?: number | undefined
}

/** Whether a queue is paused, and whether it was otherwise before. */
export interface QueuePause {
  readonly queue: string
  readonly paused: boolean
  readonly changed: boolean
}

/**
 * Looks after what queues hold, whoever pushed it, and works the same from every process. A queue
 * is known when a job of the application names it, or when there is something in it.
 *
 * Every call throws E_UNKNOWN_QUEUE for a queue that is not known, and E_CONNECTION_AWAY. Where ids
 * are given it throws E_UNKNOWN_JOB_ID, and E_JOB_ID_TWICE when several queues have that id; all
 * ids are looked up before anything is changed.
 */
export class ManagedQueue {
  readonly #dependencies: ManagedQueueDependencies

  constructor(dependencies: ManagedQueueDependencies) {
    this.#dependencies = dependencies
  }

  /** How many jobs are where; of the named queues, or of all that the application's jobs use. */
  async counts(queues?: readonly string[]): Promise<QueueCounts[]> {
    const names = queues ?? (await this.#dependencies.registry()).queues()
    return (await this.#dependencies.carrier()).counts(names)
  }

  /**
   * The names of queues, checked.
   * @param given all that the application's jobs use, when left out or empty
   * @returns in their order, each once
   */
  async names(given: readonly string[] = []): Promise<string[]> {
    const known = (await this.#dependencies.registry()).queues()
    if (given.length === 0) return known
    const names = [...new Set(given)]
    for (const name of names) {
      if (known.includes(name)) continue
      if (isName(name) && (await (await this.#dependencies.admin()).holds(name))) continue
      const fields = { given: name, known, nearest: nearest(name, known) }
      throw new EquipageError('E_UNKNOWN_QUEUE', fields)
    }
    return names
  }

  /**
   * Jobs of a queue, the newest of each state first: running, waiting, delayed, failed, completed.
   * Under `sync` it lists the jobs that are kept.
   * @throws E_BAD_OPTION
   */
  async list(queue: string, options: ListOptions = {}): Promise<StoredJob[]> {
    const { state, offset = 0, limit = 20 } = options
    checkNumber(queue, 'offset', offset, 0)
    checkNumber(queue, 'limit', limit, 1)
    if (state !== undefined && !jobStates.includes(state)) {
      const fields = { where: `list of "${queue}"`, option: 'state', given: state }
      throw new EquipageError('E_BAD_OPTION', { ...fields, expected: jobStates.join(', ') })
    }
    await this.names([queue])
    const admin = await this.#dependencies.admin()
    if (state !== undefined) return admin.list({ queue, state, offset, limit })
    const [counts] = await this.counts([queue])
    const jobs: StoredJob[] = []
    let passed = offset
    for (const each of jobStates) {
      const count = counts?.[each] ?? 0
      const left = limit - jobs.length
      if (left > 0 && passed < count) {
        jobs.push(...(await admin.list({ queue, state: each, offset: passed, limit: left })))
      }
      passed = Math.max(0, passed - count)
    }
    return jobs
  }

  /** The job of an id; undefined when no queue has it. */
  async find(id: string, options: InQueue = {}): Promise<StoredJob | undefined> {
    const queues = await this.#queuesOf(options)
    const admin = await this.#dependencies.admin()
    const found = await Promise.all(queues.map(queue => admin.find(queue, id)))
    const jobs = found.filter(job => job !== undefined)
    if (jobs.length < 2) return jobs[0]
    throw new EquipageError('E_JOB_ID_TWICE', { id, queues: jobs.map(job => job.queue) })
  }

  /**
   * Lets failed jobs wait again, at once and with all their attempts.
   * @returns the jobs as they were
   * @throws E_JOB_STATE when one has not failed; E_JOB_CONFLICTING when one is unique and another of
   * its key waits or runs: those before it in the list wait again then
   */
  async retry(ids: string | readonly string[], options: InQueue = {}): Promise<StoredJob[]> {
    const jobs = await this.#jobs(ids, options)
    const expected = 'only failed jobs can be retried'
    for (const job of jobs) if (job.state !== 'failed') throw refusal(job, expected)
    const admin = await this.#dependencies.admin()
    for (const job of jobs) {
      // Somebody else may have retried or removed it since it was looked up.
      const retrial = await admin.retry(job.queue, job.id)
      if (retrial === 'missing') throw await this.#changed(job, expected)
      if (retrial === 'retried') continue
      const { id, queue } = job
      throw new EquipageError('E_JOB_CONFLICTING', { id, queue, other: retrial.conflictingId })
    }
    return jobs
  }

  /**
   * Lets every job of a queue that has failed wait again, but for those that are unique and have
   * another of their key waiting or running.
   * @returns how many wait again
   */
  async retryAll(queue: string): Promise<number> {
    await this.names([queue])
    return (await this.#dependencies.admin()).retryAll(queue)
  }

  /**
   * Removes jobs that do not run.
   * @returns the jobs as they were
   * @throws E_JOB_STATE when one runs
   */
  async forget(ids: string | readonly string[], options: InQueue = {}): Promise<StoredJob[]> {
    const jobs = await this.#jobs(ids, options)
    const expected = 'cancel it instead, or let it end'
    for (const job of jobs) if (job.state === 'active') throw refusal(job, expected)
    const admin = await this.#dependencies.admin()
    for (const job of jobs) {
      if (!(await admin.forget(job.queue, job.id))) throw await this.#changed(job, expected)
    }
    return jobs
  }

  /** Removes the jobs of a queue that wait or are delayed; those that run, have completed or have failed stay. */
  async clear(queue: string): Promise<Cleared> {
    await this.names([queue])
    return (await this.#dependencies.admin()).clear(queue)
  }

  /**
   * Pauses queues, or all of them: no job of theirs is begun, in any process, until they are
   * resumed, also after a restart. Jobs that run go on, and pushes are kept: under `sync` too, where
   * a push does not run its job then.
   */
  pause(...queues: string[]): Promise<QueuePause[]> {
    return this.#setPaused(queues, true)
  }

  /** Lets paused queues go on, or all of them. */
  resume(...queues: string[]): Promise<QueuePause[]> {
    return this.#setPaused(queues, false)
  }

  async #setPaused(queues: readonly string[], paused: boolean): Promise<QueuePause[]> {
    const names = await this.names(queues)
    const admin = await this.#dependencies.admin()
    const changes: QueuePause[] = []
    for (const queue of names) {
      changes.push({ queue, paused, changed: await admin.setPaused(queue, paused) })
    }
    return changes
  }

  /** Those queues that are paused, of the given ones or of all that the application's jobs use. */
  async paused(...queues: string[]): Promise<string[]> {
    const names = await this.names(queues)
    const paused = await (await this.#dependencies.admin()).paused(names)
    return names.filter((_, index) => paused[index])
  }

  /**
   * Cancels a job. One that waits is removed. One that runs has its signal aborted within two
   * seconds, in whatever process runs it, and fails with E_JOB_CANCELLED, whatever attempts are
   * left. Under `sync` a job that its push runs can be cancelled in that process alone.
   * @returns `removed` or `aborting`
   * @throws E_JOB_STATE when it has ended
   */
  async cancel(id: string, options: InQueue = {}): Promise<'removed' | 'aborting'> {
    const [job] = await this.#jobs(id, options)
    const queues = await this.#queuesOf(options)
    if (!job) throw new EquipageError('E_UNKNOWN_JOB_ID', { id, queues })
    const cancelled = await (await this.#dependencies.admin()).cancel(job.queue, id)
    if (cancelled === 'missing') throw new EquipageError('E_UNKNOWN_JOB_ID', { id, queues })
    if (cancelled === 'ended')
      throw await this.#changed(job, 'only a job that has not ended can be cancelled')
    return cancelled
  }

  async #jobs(ids: string | readonly string[], options: InQueue): Promise<StoredJob[]> {
    const jobs: StoredJob[] = []
    for (const id of new Set(typeof ids === 'string' ? [ids] : ids)) {
      const job = await this.find(id, options)
      if (!job) {
        const queues = await this.#queuesOf(options)
        throw new EquipageError('E_UNKNOWN_JOB_ID', { id, queues })
      }
      jobs.push(job)
    }
    return jobs
  }

  #queuesOf({ queue }: InQueue): Promise<string[]> {
    return this.names(queue === undefined ? [] : [queue])
  }

  /** A job that is no longer as it was when it was looked up. */
  async #changed(job: StoredJob, expected: string): Promise<EquipageError> {
    const now = await (await this.#dependencies.admin()).find(job.queue, job.id)
    if (now) return refusal(now, expected)
    return new EquipageError('E_UNKNOWN_JOB_ID', { id: job.id, queues: [job.queue] })
  }
}

function refusal({ id, queue, state }: StoredJob, expected: string): EquipageError {
  return new EquipageError('E_JOB_STATE', { id, queue, state, expected })
}

function checkNumber(queue: string, option: string, given: number, least: number): void {
  if (Number.isSafeInteger(given) && given >= least) return
  const fields = { where: `list of "${queue}"`, option, given }
  const expected = `a whole number from ${least} up`
  throw new EquipageError('E_BAD_OPTION', { ...fields, expected })
}

/** Whether a text can be the name of a queue at all: no connection has to be asked for others. */
function isName(text: string): boolean {
  return text !== '' && !text.includes(':')
}
