import type { RedisClient } from '../server/index.ts'
import type { TakenJob } from './taken-job.ts'

/**
 * Adds the next job of the BullMQ job scheduler that a job is of, as a worker does who takes it. It is
 * BullMQ's own class that does it, loaded when the first such job comes.
 */
export async function scheduleNext(
  client: RedisClient,
  prefix: string,
  queue: string,
  { id, name, data, options, scheduler = '' }: TakenJob,
): Promise<void> {
  const { JobScheduler } = await import('bullmq')
  const schedulers = new JobScheduler(queue, { connection: client, prefix, skipVersionCheck: true })
  schedulers.on('error', () => undefined)
  try {
    const known = await schedulers.getScheduler(scheduler)
    if (!known) return
    const { repeat } = options as { repeat?: object }
    await schedulers.upsertJobScheduler(
      scheduler,
      (repeat ?? {}) as Parameters<typeof schedulers.upsertJobScheduler>[1],
      name,
      data,
      options as Parameters<typeof schedulers.upsertJobScheduler>[4],
      { override: false, producerId: id },
    )
  } finally {
    await schedulers.close()
  }
}
