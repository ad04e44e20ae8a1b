import { join } from 'node:path'
import { Equipage } from 'equipage'
import { defineConfig } from 'equipage/config'

class BenchApp extends Equipage {
  static override config = defineConfig({})
}

/** The application of the benchmark, over the Redis of that port; it logs nothing, as its peers do. */
export function createApp(port: number) {
  const env = { QUEUE_CONNECTION: 'redis', REDIS_PORT: String(port), LOG_CHANNEL: 'null' }
  return BenchApp.make(join(import.meta.dirname, '..'), { env })
}
