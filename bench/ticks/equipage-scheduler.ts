import { createApp } from './application/app/index.ts'
import { measure } from './measured-process.ts'

// A scheduler of the benchmark's application.
const app = createApp()
await measure(async () => (await app.scheduler)?.start())
