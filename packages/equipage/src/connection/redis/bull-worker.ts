import { Worker } from 'bullmq'

/**
 * BullMQ's worker, which can be left behind. Its `close` waits for as long as Redis takes to answer,
 * even for ever where a connection broke at the wrong moment, and called again it only waits too:
 * its timers would keep the process alive.
 */
export class BullWorker extends Worker {
  /** Lets go of timers and connections at once; the jobs that it had run elsewhere when their locks have run out. */
  abandon(): void {
    const ignore = () => undefined
    this.lockManager.close().catch(ignore)
    const stopper: unknown = Reflect.get(this, 'stalledCheckStopper')
    if (typeof stopper === 'function') stopper()
    this.backend.close(true).catch(ignore)
  }
}
