import { join } from 'node:path'
import { type AppOptions, Equipage } from 'equipage'
import { config } from '../config/index.ts'
import { Flights } from './flights/flights.ts'
import { FlightsFolder } from './flights/source.ts'
import type { FlightsTables } from './flights/tables.ts'
import { Inspire } from './inspire.ts'

/** The application's container: a service is made once, on first use, and can be replaced in tests. */
export class App extends Equipage<typeof config> {
  static override config = config

  get inspire(): Inspire {
    return this.service(
      'inspire',
      () => new Inspire(this.config.get('inspiring.quotes'), this.random),
    )
  }

  get flights(): Flights {
    return this.service('flights', () => {
      const source = new FlightsFolder(join(this.basePath, 'resources', 'data'))
      return new Flights(this.database.kysely.withTables<FlightsTables>(), source)
    })
  }

  /** Where reports are written. */
  get reportFolder(): string {
    return join(this.basePath, 'storage', 'reports')
  }
}

/** @param basePath where package.json is, and `.env`, `storage` and `resources` are looked for */
export const createApp = (
  basePath: string = join(import.meta.dirname, '..'),
  options: AppOptions = {},
): App => App.make(basePath, options)

declare module 'equipage' {
  interface Register {
    app: App
  }
}
