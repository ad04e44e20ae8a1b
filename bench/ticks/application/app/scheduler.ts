import { EquipageScheduler } from 'equipage'
import { measured } from '../../measured-process.ts'
import { idlePattern, latenessMs, readPlan } from '../../plan.ts'
import { noted } from './jobs/noted.ts'

/** The schedules of a measurement. */
export class Scheduler extends EquipageScheduler {
  override register() {
    const plan = readPlan()
    const call = () => void measured.push(latenessMs(plan))
    for (let index = 0; index < plan.count; index++) {
      const schedule = this.schedule.cron(plan.pattern).name(`due ${index}`)
      if (plan.action === 'call') schedule.do(call)
      else schedule.push(noted)
    }
    for (let index = 0; index < plan.idle; index++)
      this.schedule.cron(idlePattern(index)).name(`idle ${index}`).push(noted)
  }
}
