import { defineChain, defineJob } from 'equipage'
import { z } from 'zod'
import { writeDelaysReport } from '../flights/report.ts'

/** Replaces one day's flights in the table, in one transaction: running it twice changes nothing. */
export const ingestFlights = defineJob({
  name: 'flights.ingest',
  payload: z.object({ date: z.iso.date() }),
  queue: 'ingest',
  attempts: 3,
  timeout: '1m',
  run: ({ payload, app, signal }) => app.flights.ingest(payload.date, signal),
})

/** Fetches the airports that are not known yet, and no others. */
export const ingestAirports = defineJob({
  name: 'airports.ingest',
  payload: z.object({ codes: z.array(z.string()) }),
  queue: 'ingest',
  attempts: 3,
  timeout: '1m',
  run: ({ payload, app }) => app.flights.ingestAirports(payload.codes),
})

/** Joins flights and airports, and writes the delays by state as a table and as a chart. */
export const reportDelays = defineJob({
  name: 'report.delays',
  queue: 'reports',
  attempts: 3,
  async run({ app, log }) {
    const delays = await app.flights.delaysByState()
    const report = await writeDelaysReport(delays, app.reportFolder)
    log.info({ states: delays.length, ...report }, 'report written')
    return report
  },
})

/** One day: what the second job is asked for depends on what the first one found. */
export const flightsOfADay = defineChain({ name: 'flights.day', start: ingestFlights })
  .andThen(ingestAirports, flights => ({ codes: flights.airports }))
  .andThen(reportDelays, () => ({}))
