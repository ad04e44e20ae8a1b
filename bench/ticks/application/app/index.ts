import { join } from 'node:path'
import { Equipage } from 'equipage'
import { defineConfig } from 'equipage/config'
import { readPlan } from '../../plan.ts'

class BenchApp extends Equipage {
  static override config = defineConfig({})
}

/** The application of the benchmark: over the Redis of its plan, or over a state file in the folder BENCH_STATE. */
export function createApp() {
  const { redisPort } = readPlan()
  const state = join(process.env['BENCH_STATE'] ?? '.', 'queue.sqlite')
  const connection =
    redisPort === null
      ? { QUEUE_CONNECTION: 'sync', QUEUE_SYNC_FILE: state }
      : { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(redisPort) }
  const env = { LOG_CHANNEL: 'null', SCHEDULER_TIMEZONE: 'UTC', ...connection }
  return BenchApp.make(join(import.meta.dirname, '..'), { env })
}
