import type { TestContext } from 'node:test'
import { plainApp, temporaryApp } from '../../support/temporary-app.ts'

const jobs = `
  import { defineChain, defineJob } from 'equipage'
  import { z } from 'zod'
  export const report = defineJob({
    name: 'report',
    payload: z.object({ id: z.number() }),
    queue: 'reports',
    run: ({ payload }) => ({ id: payload.id }),
  })
  export const failing = defineJob({
    name: 'failing',
    run: () => Promise.reject(new Error('out of paper')),
  })
  export const day = defineChain({ name: 'day', start: report }).andThen(report, ({ id }) => ({ id: id + 1 }))
`

const scheduler = `
  import { EquipageScheduler } from 'equipage'
  import { report } from './jobs/all.ts'
  export class Scheduler extends EquipageScheduler {
    register() {
      this.schedule.every(10).minutes.push(report, { id: 1 })
      this.schedule.every().day.at('03:00').name('nightly').do(() => { throw new Error('it fired') })
    }
  }
`

const env = 'LOG_CHANNEL=null\nSCHEDULER_TIMEZONE=UTC\nREDIS_PASSWORD=hunter2\n'

/** A small application with two jobs, a chain and two schedules; returns its folder. */
export function shop(test: TestContext, files: Record<string, string> = {}): string {
  const own = {
    '.env': env,
    'app/index.ts': plainApp,
    'app/jobs/all.ts': jobs,
    'app/scheduler.ts': scheduler,
  }
  return temporaryApp(test, { files: { ...own, ...files } })
}
