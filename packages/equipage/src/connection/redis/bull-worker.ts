import { type Job, Worker } from 'bullmq'

/** BullMQ's worker, which begins a job as soon as it has it, and can be left behind. */
export class BullWorker extends Worker {
  readonly #begun = new WeakMap<Job, ReturnType<Worker['processJob']>>()

  /**
   * BullMQ's own goes on to ask for as many jobs as it has places, and begins the first of them when
   * that is answered: with a place to spare each job would wait for an answer that is no job.
   */
  protected override async moveToActive(token: string, name?: string): Promise<Job> {
    const job = await super.moveToActive(token, name)
    // BullMQ's types leave out that there may be none.
    if (!job) return job
    const begun = super.processJob(job, token)
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
    return this.#begun.get(job) ?? super.processJob(job, token, fetchNext)
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
