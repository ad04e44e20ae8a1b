import type { Payload, Subject } from './subject.ts'

/** The part of bee-queue that is used here; it is no dependency, and so has no types. */
interface BeeQueue {
  ready(): Promise<unknown>
  createJob(payload: Payload): { save(): Promise<unknown> }
  saveAll(jobs: readonly unknown[]): Promise<unknown>
  process(concurrency: number, run: (job: { data: Payload }) => Promise<void>): void
  close(): Promise<unknown>
}

const packageName: string = 'bee-queue'

export async function open(port: number): Promise<Subject> {
  const { default: Queue } = (await import(packageName)) as {
    default: new (name: string, settings: object) => BeeQueue
  }
  const queue = new Queue('bench', { redis: { host: '127.0.0.1', port } })
  await queue.ready()
  return {
    push: payload => queue.createJob(payload).save(),
    pushMany: payloads => queue.saveAll(payloads.map(payload => queue.createJob(payload))),
    async work(concurrency, ran) {
      queue.process(concurrency, async ({ data }) => ran(data))
    },
    close: () => queue.close(),
  }
}
