import { EquipageScheduler } from 'equipage'
import type { App } from './index.ts'
import { flightsOfADay } from './jobs/flights.ts'
import { inspire } from './jobs/inspire.ts'

/** When the application does what: `npx equipage schedule list` reads it. */
export class Scheduler extends EquipageScheduler<App> {
  override register() {
    this.schedule.every(3).to(7).seconds.push(inspire)

    // The source is read hourly; on a laptop every few seconds, so that there is something to see.
    const local = this.config.get('app.env') === 'local'
    const often = local ? this.schedule.every(5).seconds : this.schedule.every().hour
    often
      .name('next day of flights')
      .when(async ({ app }) => (await app.flights.nextDay()) !== null)
      .push(flightsOfADay, async ({ app }) => ({ date: (await app.flights.nextDay()) ?? '' }))
  }
}
