import { type PushedJob, type Receipt, refusedReceipt } from '../../job/index.ts'
import type { Carrier, ConsumeOptions, Consumer, QueueCounts, QueueWait } from '../connection.ts'
import { RedisConsumer, type RedisConsumerDependencies } from './consuming/index.ts'
import type { Producer } from './pushing/index.ts'
import { queueWaits } from './queue-waits.ts'
import { connectionError } from './server/index.ts'

/** BullMQ's queues, used as its documentation asks, so that its tools can read them. */
export class RedisCarrier implements Carrier {
  readonly #producer: Producer
  readonly #consumerParts: RedisConsumerDependencies

  constructor(producer: Producer, consumerParts: RedisConsumerDependencies) {
    this.#producer = producer
    this.#consumerParts = consumerParts
  }

  async push(job: PushedJob): Promise<Receipt> {
    const reply = await this.#producer.add(job)
    return Array.isArray(reply) ? refusedReceipt(job, String(reply[1])) : receiptOf(job, reply)
  }

  consume(options: ConsumeOptions): Consumer {
    return new RedisConsumer(options, this.#consumerParts)
  }

  async waits(queues: readonly string[]): Promise<QueueWait[]> {
    const { settings, clock } = this.#consumerParts
    await this.#producer.ready()
    try {
      return await queueWaits(this.#producer.client, settings.prefix, queues, clock.now())
    } catch (error) {
      throw connectionError(settings, error)
    }
  }

  async counts(queues: readonly string[]): Promise<QueueCounts[]> {
    return Promise.all(
      queues.map(async name => {
        const queue = await this.#producer.queue(name)
        const states = [
          'waiting',
          'prioritized',
          'delayed',
          'active',
          'completed',
          'failed',
        ] as const
        const counted = await queue.getJobCounts(...states)
        const count = (state: (typeof states)[number]) => counted[state] ?? 0
        return {
          queue: name,
          waiting: count('waiting') + count('prioritized'),
          delayed: count('delayed'),
          active: count('active'),
          completed: count('completed'),
          failed: count('failed'),
        }
      }),
    )
  }
}

/** What a push knows of a job that a worker will run. */
export function receiptOf(job: PushedJob, id: string): Receipt {
  const state = job.delayMs > 0 ? 'delayed' : 'waiting'
  return { id, name: job.name, queue: job.queue, state }
}
