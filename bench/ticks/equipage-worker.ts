import { runtimeOf } from 'equipage'
import { createApp } from './application/app/index.ts'
import { measure } from './measured-process.ts'

// A worker of the benchmark's application.
const app = createApp()
await measure(() => runtimeOf(app).worker().start())
