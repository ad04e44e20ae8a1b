import { Queue, Worker } from 'bullmq'
import { keptCompleted, type Payload, type Subject } from './subject.ts'

export async function open(port: number): Promise<Subject> {
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
  const queue = new Queue<Payload>('bench', { connection })
  await queue.waitUntilReady()
  let worker: Worker<Payload> | undefined
  return {
    push: payload => queue.add('noop', payload),
    pushMany: payloads => queue.addBulk(payloads.map(data => ({ name: 'noop', data }))),
    work(concurrency, ran) {
      const removeOnComplete = { age: keptCompleted.ageSeconds, count: keptCompleted.count }
      const options = { connection, concurrency, removeOnComplete }
      worker = new Worker<Payload>('bench', async job => ran(job.data), options)
      return worker.waitUntilReady()
    },
    async close() {
      await worker?.close()
      await queue.close()
    },
  }
}
