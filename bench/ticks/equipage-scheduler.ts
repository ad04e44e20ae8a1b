import { runtimeOf } from 'equipage'
import { createApp } from './application/app/index.ts'
import { measure } from './measured-process.ts'
import { observeClaims } from './observed-claims.ts'
import { readPlan } from './plan.ts'

// A scheduler of the benchmark's application.
const runtime = runtimeOf(createApp())
await measure(async () => {
  if (readPlan().action === 'push') observeClaims((await runtime.connection).ticks)
  await (await runtime.scheduler)?.start()
})
