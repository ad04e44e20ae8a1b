import assert from 'node:assert/strict'
import { argv } from 'node:process'
import { openDatabase } from 'equipage/database'
import { Flights } from '../../../app/flights/flights.ts'
import { FlightsFolder } from '../../../app/flights/source.ts'
import type { FlightsTables } from '../../../app/flights/tables.ts'

/**
 * One of several processes that ingest the same days into the same file: it says
 * when it is ready, starts at the first message, and answers with the airports it added.
 */
const [, , file = '', folder = '', ...days] = argv
assert(process.send, 'this is started with fork()')
const answer = process.send.bind(process)
const database = openDatabase({ connection: 'sqlite', file })
const source = new FlightsFolder(folder)
await source.days()
const flights = new Flights(database.kysely.withTables<FlightsTables>(), source)

process.once('message', async () => {
  const added: string[] = []
  for (const day of days) {
    const { airports } = await flights.ingest(day)
    added.push(...(await flights.ingestAirports(airports)).added)
  }
  await database.close()
  answer({ added })
  process.disconnect?.()
})
answer('ready')
