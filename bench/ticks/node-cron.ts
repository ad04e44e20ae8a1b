import { schedule } from 'node-cron'
import { measure, measured } from './measured-process.ts'
import { idlePattern, latenessMs, readPlan } from './plan.ts'

// The same schedules in node-cron, each a function.
const plan = readPlan()
const kept: unknown[] = []
await measure(async () => {
  const call = () => void measured.push(latenessMs(plan))
  for (let index = 0; index < plan.count; index++)
    kept.push(schedule(plan.pattern, call, { timezone: 'UTC' }))
  for (let index = 0; index < plan.idle; index++)
    kept.push(schedule(idlePattern(index), call, { timezone: 'UTC' }))
})
