import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { Flights } from '../../app/flights/flights.ts'
import { writeDelaysReport } from '../../app/flights/report.ts'
import { FlightsFolder } from '../../app/flights/source.ts'
import { flightsDatabase } from './support/flights-database.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const data = join(import.meta.dirname, '../../resources/data')

/**
 * The report worked out from the raw files, with nothing of the application's: the
 * columns after the name and the city are never quoted, so they are counted from the end.
 */
async function straightReport(): Promise<string> {
  const airports = (await readFile(join(data, 'airports.csv'), 'utf8')).trim().split('\n').slice(1)
  const stateOf = Object.fromEntries(
    airports.map(line => {
      const fields = line.split(',')
      return [fields[0], fields.at(-4)]
    }),
  )
  const sums: Record<string, { flights: number; delayed: number; minutes: number }> = {}
  const flights = JSON.parse(await readFile(join(data, 'flights-20k.json'), 'utf8'))
  for (const { origin, delay } of flights) {
    const code = stateOf[origin] ?? 'none'
    const state = code === 'PR' || code === 'VI' ? 'Outside the states' : code
    sums[state] ??= { flights: 0, delayed: 0, minutes: 0 }
    sums[state].flights += 1
    sums[state].delayed += delay > 0 ? 1 : 0
    sums[state].minutes += delay
  }
  const last = (state: string) => (state.length === 2 ? 0 : 1)
  const lines = Object.entries(sums)
    .sort(([a], [b]) => last(a) - last(b) || (a < b ? -1 : 1))
    .map(([state, sum]) =>
      [state, sum.flights, sum.delayed, sum.minutes, (sum.minutes / sum.flights).toFixed(2)].join(),
    )
  const header = 'state,flights,delayed,total_delay_minutes,mean_delay_minutes'
  return `${[header, ...lines].join('\n')}\n`
}

test('after all 90 days the report is that of a straight computation over the raw files', async t => {
  const { db } = await flightsDatabase(t)
  const flights = new Flights(db, new FlightsFolder(data))
  let days = 0
  for (let day = await flights.nextDay(); day; day = await flights.nextDay()) {
    const { airports } = await flights.ingest(day)
    const { missing } = await flights.ingestAirports(airports)
    assert.deepEqual(missing, [])
    days += 1
  }
  assert.equal(days, 90)

  const rows = await flights.delaysByState()
  const sum = (of: (row: (typeof rows)[number]) => number) =>
    rows.reduce((all, row) => all + of(row), 0)
  assert.equal(
    sum(row => row.flights),
    20_000,
  )
  assert.equal(
    sum(row => row.delayed),
    9_493,
  )
  assert.equal(
    sum(row => row.totalDelayMinutes),
    154_078,
  )

  const report = await writeDelaysReport(rows, join(await temporaryFolder(t), 'storage/reports'))
  assert.equal(await readFile(report.csv, 'utf8'), await straightReport())
  assert.match(await readFile(report.svg, 'utf8'), /20,000 flights, 9,493 of them delayed/)
})
