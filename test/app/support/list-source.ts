import type { Airport, Flight, FlightsSource } from '../../../app/flights/source.ts'

/** A source whose flights and airports a test writes down, and which keeps what it was asked for. */
export class ListSource implements FlightsSource {
  flights: Flight[]
  airports: Airport[]
  readonly airportsAsked: string[][] = []

  constructor(flights: Flight[], airports: Airport[] = []) {
    this.flights = flights
    this.airports = airports
  }

  async days(): Promise<string[]> {
    return [...new Set(this.flights.map(flight => flight.date))].sort()
  }

  async flightsOf(date: string): Promise<Flight[]> {
    return this.flights.filter(flight => flight.date === date)
  }

  async airportsOf(codes: readonly string[]): Promise<Airport[]> {
    this.airportsAsked.push([...codes])
    return this.airports.filter(airport => codes.includes(airport.iata))
  }
}

/** A flight that leaves at eight, ten minutes late unless told otherwise. */
export function flight(date: string, origin: string, destination: string, delayMinutes = 10) {
  return {
    date,
    departsAt: `${date}T08:00`,
    origin,
    destination,
    delayMinutes,
    distanceMiles: 500,
  } satisfies Flight
}

export function airport(iata: string, state: string, country = 'USA') {
  return {
    iata,
    name: `${iata} Municipal`,
    city: 'Springfield',
    state,
    country,
    latitude: 31.95376472,
    longitude: -89.23450472,
  } satisfies Airport
}
