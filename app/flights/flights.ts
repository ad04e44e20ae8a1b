import type { Kysely } from 'kysely'
import { chunks } from './chunks.ts'
import { byState, type StateDelays } from './delays.ts'
import type { Flight, FlightsSource } from './source.ts'
import type { FlightsTable, FlightsTables } from './tables.ts'
import { UnknownDay } from './unknown-day.ts'

export type { StateDelays }

export interface IngestedDay {
  /** YYYY-MM-DD */
  date: string
  flights: number
  /** The codes that the day's flights name as origin or destination, each once, sorted. */
  airports: string[]
}

export interface IngestedAirports {
  /** Codes that this call added, sorted. */
  added: string[]
  /** How many of the codes were in the table already, or came into it meanwhile. */
  known: number
  /** Codes that the source does not know, sorted. */
  missing: string[]
}

/** Keeps the application's tables in step with the source, and reads reports out of them. */
export class Flights {
  readonly #db: Kysely<FlightsTables>
  readonly #source: FlightsSource

  constructor(db: Kysely<FlightsTables>, source: FlightsSource) {
    this.#db = db
    this.#source = source
  }

  /** The source's first day (YYYY-MM-DD) that the table has no flights of; null when it has every day. */
  async nextDay(): Promise<string | null> {
    const days = await this.#source.days()
    const rows = await this.#db.selectFrom('flights').select('date').distinct().execute()
    const ingested = new Set(rows.map(row => row.date))
    return days.find(day => !ingested.has(day)) ?? null
  }

  /**
   * Replaces a day's flights by those that the source has now. Safe to run again,
   * and by several processes at once: readers see one whole day or the other.
   * @param date YYYY-MM-DD
   * @param signal when it aborts, the day stays as it was
   * @throws UnknownDay when the source has no flights on that day; the table stays as it was
   */
  async ingest(date: string, signal?: AbortSignal): Promise<IngestedDay> {
    const flights = await this.#source.flightsOf(date)
    if (flights.length === 0) throw new UnknownDay(date, await this.#source.days())
    await this.#replaceDay(date, flights, signal)
    return { date, flights: flights.length, airports: airportsIn(flights) }
  }

  /**
   * Asks the source for those airports that the table lacks, and for no others.
   * Safe to run again, and by several processes at once.
   */
  async ingestAirports(codes: readonly string[]): Promise<IngestedAirports> {
    const asked = [...new Set(codes)].sort()
    const known = await this.#knownAirports(asked)
    const lacking = asked.filter(code => !known.has(code))
    const found = lacking.length === 0 ? [] : await this.#source.airportsOf(lacking)

    const added: string[] = []
    for (const airports of chunks(found, 7)) {
      const inserted = await this.#db
        .insertInto('airports')
        .values(airports)
        .onConflict(conflict => conflict.column('iata').doNothing())
        .returning('iata')
        .execute()
      added.push(...inserted.map(row => row.iata))
    }

    const foundCodes = new Set(found.map(airport => airport.iata))
    const missing = lacking.filter(code => !foundCodes.has(code))
    return { added: added.sort(), known: asked.length - added.length - missing.length, missing }
  }

  /** Every ingested flight, counted by its origin's state: states by code, then the named rows. */
  async delaysByState(): Promise<StateDelays[]> {
    const origins = await this.#db
      .selectFrom('flights')
      .leftJoin('airports', 'airports.iata', 'flights.origin')
      .select(({ fn, eb }) => [
        'airports.state',
        'airports.country',
        fn.countAll().as('flights'),
        fn.sum(eb.case().when('delay_minutes', '>', 0).then(1).else(0).end()).as('delayed'),
        fn.sum('delay_minutes').as('totalDelayMinutes'),
      ])
      .groupBy(['airports.state', 'airports.country'])
      .execute()
    // PostgreSQL gives counts and sums as text unless its driver was told otherwise.
    return byState(
      origins.map(({ state, country, flights, delayed, totalDelayMinutes }) => ({
        state,
        country,
        flights: Number(flights),
        delayed: Number(delayed),
        totalDelayMinutes: Number(totalDelayMinutes),
      })),
    )
  }

  async #knownAirports(codes: readonly string[]): Promise<Set<string>> {
    const known = new Set<string>()
    for (const some of chunks(codes, 1)) {
      const query = this.#db.selectFrom('airports').select('iata').where('iata', 'in', some)
      for (const { iata } of await query.execute()) known.add(iata)
    }
    return known
  }

  /**
   * Writes every place of the day over what stands there, then removes the places
   * after the last. The other way round (delete, then insert), two processes on
   * PostgreSQL would not see each other's rows and the day would be there twice;
   * here the second waits at the first place until the first has committed.
   */
  async #replaceDay(date: string, flights: readonly Flight[], signal?: AbortSignal): Promise<void> {
    await this.#db.transaction().execute(async transaction => {
      for (const rows of chunks(flights.map(flightRow), 7)) {
        signal?.throwIfAborted()
        await transaction
          .insertInto('flights')
          .values(rows)
          .onConflict(conflict =>
            conflict.columns(['date', 'position']).doUpdateSet(({ ref }) => ({
              departs_at: ref('excluded.departs_at'),
              origin: ref('excluded.origin'),
              destination: ref('excluded.destination'),
              delay_minutes: ref('excluded.delay_minutes'),
              distance_miles: ref('excluded.distance_miles'),
            })),
          )
          .execute()
      }
      await transaction
        .deleteFrom('flights')
        .where('date', '=', date)
        .where('position', '>=', flights.length)
        .execute()
      signal?.throwIfAborted()
    })
  }
}

function flightRow(flight: Flight, position: number): FlightsTable {
  return {
    date: flight.date,
    position,
    departs_at: flight.departsAt,
    origin: flight.origin,
    destination: flight.destination,
    delay_minutes: flight.delayMinutes,
    distance_miles: flight.distanceMiles,
  }
}

function airportsIn(flights: readonly Flight[]): string[] {
  return [...new Set(flights.flatMap(({ origin, destination }) => [origin, destination]))].sort()
}
