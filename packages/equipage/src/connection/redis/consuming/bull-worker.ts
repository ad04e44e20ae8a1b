import {
  type BackendFactory,
  type Job,
  type RedisQueueBackend,
  Worker,
  type WorkerOptions,
} from 'bullmq'

export interface BullWorkerDependencies {
  readonly process: (job: Job, token?: string) => Promise<unknown>
  /** Called with a job that fails without an attempt, before it is marked as failed; never rejects. */
  readonly beforeFailing: (job: Job, reason: string) => Promise<void>
  readonly backend: BackendFactory<RedisQueueBackend>
}

/** BullMQ's worker, which begins a job as soon as it has it, and can be left behind. */
export class BullWorker extends Worker {
  readonly #begun = new WeakMap<Job, ReturnType<Worker['processJob']>>()
  /** What runs, by the jobs' ids: of a job that runs twice, the run that began last. */
  readonly #running = new Map<string, Job>()
  readonly #beforeFailing: BullWorkerDependencies['beforeFailing']

  constructor(
    queue: string,
    { process, beforeFailing, backend }: BullWorkerDependencies,
    options: WorkerOptions,
  ) {
    super(queue, process, options, backend)
    this.#beforeFailing = beforeFailing
  }

  /**
   * BullMQ's own goes on to ask for as many jobs as it has places, and begins the first of them when
   * that is answered: with a place to spare each job would wait for an answer that is no job.
   */
  protected override async moveToActive(token: string, name?: string): Promise<Job> {
    const job = await super.moveToActive(token, name)
    // BullMQ's types leave out that there may be none.
    if (!job) return job
    const begun = this.#begin(job, token)
    // It is BullMQ's to handle as soon as it asks for it.
    begun.catch(() => undefined)
    this.#begun.set(job, begun)
    return job
  }

  override processJob(
    job: Job,
    token: string,
    fetchNext?: () => boolean,
  ): ReturnType<Worker['processJob']> {
    const running = this.#begun.get(job) ?? this.#begin(job, token, fetchNext)
    running.then(
      next => next && this.#wake(),
      () => undefined,
    )
    return running
  }

  /**
   * BullMQ's own sleeps until a rate limit is over, and a job that another one took with its end
   * would wait for that. In the next turn of the event loop it is in line, whether BullMQ sleeps or not.
   */
  #wake(): void {
    const sleep = () => Reflect.get(this, 'abortDelayController') as { abort(): void } | null
    if (sleep()) setImmediate(() => sleep()?.abort())
  }

  /**
   * BullMQ fails a job that took its workers down too often where another one would begin. And it
   * renews locks by the ids of jobs, until one of that id has ended: where a job went back, or had
   * lost its lock, and runs here again already, the lock of that run has to be renewed further.
   */
  async #begin(
    job: Job,
    token: string,
    fetchNext?: () => boolean,
  ): ReturnType<Worker['processJob']> {
    const { id = '' } = job
    this.#running.set(id, job)
    try {
      const { deferredFailure: reason } = job
      if (reason) await this.#beforeFailing(job, reason)
      return await super.processJob(job, token, fetchNext)
    } finally {
      const last = this.#running.get(id)
      if (last === job) this.#running.delete(id)
      else if (last?.token) this.lockManager.trackJob(id, last.token, last.processedOn ?? 0)
    }
  }

  /**
   * Lets go of timers and connections at once; the jobs that it had run elsewhere when their locks
   * have run out. BullMQ's `close` waits for as long as Redis takes to answer, even for ever where a
   * connection broke at the wrong moment, and called again it only waits too: its timers would keep
   * the process alive.
   */
  abandon(): void {
    const ignore = () => undefined
    this.lockManager.close().catch(ignore)
    const stopper: unknown = Reflect.get(this, 'stalledCheckStopper')
    if (typeof stopper === 'function') stopper()
    this.backend.close(true).catch(ignore)
  }
}
