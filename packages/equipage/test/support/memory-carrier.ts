import type {
  Carrier,
  ConsumeOptions,
  Consumer,
  QueueCounts,
  QueueWait,
} from '../../src/connection/index.ts'
import type { PushedJob, Receipt } from '../../src/job/index.ts'

/** Takes jobs and keeps them, for a test to look at; nobody runs them. */
export class MemoryCarrier implements Carrier {
  readonly pushed: PushedJob[] = []
  /** What its consumers were asked and told, in order. */
  readonly calls: unknown[] = []
  /** Resolved by a test whose consumer has begun all that it may. */
  readonly finished = Promise.withResolvers<void>()
  /** Whether a consumer says that nothing waits. */
  idle = false

  async push(job: PushedJob): Promise<Receipt> {
    this.pushed.push(job)
    const { name, queue, delayMs } = job
    const id = job.id ?? String(this.pushed.length)
    return { id, name, queue, state: delayMs > 0 ? 'delayed' : 'waiting' }
  }

  consume(options: ConsumeOptions): Consumer {
    this.calls.push(options)
    return {
      finished: this.finished.promise,
      isIdle: async () => this.idle,
      start: async () => void this.calls.push('start'),
      stop: async graceMs => {
        this.calls.push(`stop ${graceMs}`)
        return { handedBack: 2 }
      },
    }
  }

  async waits(queues: readonly string[]): Promise<QueueWait[]> {
    return (await this.counts(queues)).map(({ queue, waiting }) => ({
      queue,
      waiting,
      longestMs: 0,
    }))
  }

  async counts(queues: readonly string[]): Promise<QueueCounts[]> {
    return queues.map(queue => {
      const waiting = this.pushed.filter(job => job.queue === queue).length
      return { queue, waiting, delayed: 0, active: 0, completed: 0, failed: 0 }
    })
  }
}
