import { Cron } from 'croner'
import { measure, measured } from './measured-process.ts'
import { idlePattern, latenessMs, readPlan } from './plan.ts'

// The same schedules in croner, each a function.
const plan = readPlan()
const kept: Cron[] = []
await measure(async () => {
  const call = () => void measured.push(latenessMs(plan))
  for (let index = 0; index < plan.count; index++)
    kept.push(new Cron(plan.pattern, { timezone: 'UTC' }, call))
  for (let index = 0; index < plan.idle; index++)
    kept.push(new Cron(idlePattern(index), { timezone: 'UTC' }, call))
})
