/**
 * The application's tables, as app/migrations/ creates them. A type and not an
 * interface, because Kysely's `withTables` asks for an index signature.
 */
export type FlightsTables = {
  flights: FlightsTable
  airports: AirportsTable
}

export interface FlightsTable {
  /** YYYY-MM-DD */
  date: string
  /** The flight's place among its day's flights in the source, from 0. */
  position: number
  /** YYYY-MM-DDTHH:MM, as the source gives it; the source names no zone. */
  departs_at: string
  origin: string
  destination: string
  /** Negative when early. */
  delay_minutes: number
  distance_miles: number
}

export interface AirportsTable {
  iata: string
  name: string
  city: string
  /** Two letters; 'NA' where the source has none. */
  state: string
  country: string
  /** Degrees, north is positive. */
  latitude: number
  /** Degrees, east is positive. */
  longitude: number
}
