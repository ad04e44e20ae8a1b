import { Queue, Worker } from 'bullmq'
import { measure, measured } from './measured-process.ts'
import { idlePattern, preciseNow, readPlan } from './plan.ts'

// The same schedules as BullMQ's job schedulers. Its worker is what makes their jobs due, so it is
// scheduler and worker in one; what is measured is the start of the job.
const plan = readPlan()
const connection = { host: '127.0.0.1', port: plan.redisPort ?? 6_379, maxRetriesPerRequest: null }
const queue = new Queue('schedules', { connection })
const keep = { removeOnComplete: { count: 1_000 } }
const atATime = 500

async function upsert(name: string, pattern: string): Promise<void> {
  await queue.upsertJobScheduler(name, { pattern, tz: 'UTC' }, { name: 'noted', opts: keep })
}

await measure(async () => {
  const all: [string, string][] = []
  for (let index = 0; index < plan.count; index++) all.push([`due-${index}`, plan.pattern])
  for (let index = 0; index < plan.idle; index++) all.push([`idle-${index}`, idlePattern(index)])
  for (let start = 0; start < all.length; start += atATime)
    await Promise.all(all.slice(start, start + atATime).map(each => upsert(...each)))
  const run = async ({ id = '' }: { id?: string }) => {
    // The id ends with the planned instant.
    const lateMs = preciseNow() - Number(id.slice(id.lastIndexOf(':') + 1))
    if (plan.burstAt === null || lateMs < 60_000) measured.push(lateMs)
  }
  const worker = new Worker('schedules', run, { connection, concurrency: 10 })
  await worker.waitUntilReady()
})
