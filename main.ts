import { createApp } from './app/index.ts'
import { inspire } from './app/jobs/inspire.ts'

// The container: configuration from the environment and .env, services on first use.
await using app = createApp()

// One push. With QUEUE_CONNECTION=sync, the default, the job runs here, before push returns.
// With QUEUE_CONNECTION=redis it is handed to a worker, which is `node queues.ts`.
const receipt = await app.queue.push(inspire)

console.log(`
Job "${receipt.name}" is ${receipt.state} on queue "${receipt.queue}" (QUEUE_CONNECTION=${app.config.get('queue.connection')}).

Next:
  npx node scheduler.ts                        fires the schedules of app/scheduler.ts
  QUEUE_CONNECTION=redis npx node queues.ts    runs jobs; start as many as you need
  npx equipage --help                          looks at schedules and queues

Read on: app/jobs/flights.ts for jobs and a chain, app/scheduler.ts for when they run.
`)
