import { join } from 'node:path'
import { parseAirports } from './airports-file.ts'
import { parseFlights } from './flights-file.ts'
import { ParsedFile } from './parsed-file.ts'
import type { Airport, Flight } from './records.ts'

export type { Airport, Flight }

/** Where flights and airports come from; it stands for a remote service that is asked by day and by code. */
export interface FlightsSource {
  /** Every day that has flights, as YYYY-MM-DD, the earliest first. */
  days(): Promise<string[]>
  /** The flights of one day (YYYY-MM-DD), always in the same order; none for a day without flights. */
  flightsOf(date: string): Promise<readonly Flight[]>
  /** The airports that the source knows of those asked for, each once, sorted by code. */
  airportsOf(codes: readonly string[]): Promise<Airport[]>
}

/**
 * The source read from two files, which are validated as a whole when first used
 * and again after a change. Every method throws SourceFault, naming file and
 * row, when its file cannot be used.
 */
export class FlightsFolder implements FlightsSource {
  readonly #flights: ParsedFile<ReadonlyMap<string, readonly Flight[]>>
  readonly #airports: ParsedFile<ReadonlyMap<string, Airport>>

  /** @param folder holds flights-20k.json and airports.csv */
  constructor(folder: string) {
    this.#flights = new ParsedFile(join(folder, 'flights-20k.json'), parseFlights)
    this.#airports = new ParsedFile(join(folder, 'airports.csv'), parseAirports)
  }

  async days(): Promise<string[]> {
    return [...(await this.#flights.read()).keys()]
  }

  async flightsOf(date: string): Promise<readonly Flight[]> {
    return (await this.#flights.read()).get(date) ?? []
  }

  async airportsOf(codes: readonly string[]): Promise<Airport[]> {
    const known = await this.#airports.read()
    return [...new Set(codes)].sort().flatMap(code => known.get(code) ?? [])
  }
}
