import { reportRowOf, states } from './states.ts'

/** What the flights that left one state have in common. */
export interface StateDelays {
  /** The code of the origin airport's state, or `outsideTheStates`, or `unknownState`. */
  state: string
  flights: number
  /** Flights with a delay above 0 minutes; one on time or early is not delayed. */
  delayed: number
  /** The sum over all flights, where early ones count below 0. */
  totalDelayMinutes: number
  /** `totalDelayMinutes` over `flights`, not rounded. */
  meanDelayMinutes: number
}

/** The same, still apart by what the airports' table says; both null for an airport that it lacks. */
export interface OriginDelays {
  state: string | null
  country: string | null
  flights: number
  delayed: number
  totalDelayMinutes: number
}

/** @returns one row a state by code, then the named rows; every flight counts in exactly one */
export function byState(origins: readonly OriginDelays[]): StateDelays[] {
  const rows = new Map<string, StateDelays>()
  for (const origin of origins) {
    const state = reportRowOf(origin.state, origin.country)
    const row = rows.get(state) ?? emptyRow(state)
    row.flights += origin.flights
    row.delayed += origin.delayed
    row.totalDelayMinutes += origin.totalDelayMinutes
    rows.set(state, row)
  }
  for (const row of rows.values()) row.meanDelayMinutes = row.totalDelayMinutes / row.flights
  return [...rows.values()].sort(statesFirst)
}

function emptyRow(state: string): StateDelays {
  return { state, flights: 0, delayed: 0, totalDelayMinutes: 0, meanDelayMinutes: 0 }
}

/** Compared by code unit: a database's or a locale's order differs from one machine to the next. */
function statesFirst(a: StateDelays, b: StateDelays): number {
  const named = Number(!states.has(a.state)) - Number(!states.has(b.state))
  return named || (a.state < b.state ? -1 : 1)
}
