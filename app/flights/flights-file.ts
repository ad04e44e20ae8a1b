import { type Flight, flightRecord } from './records.ts'
import { recordFaults, SourceFault } from './source-fault.ts'

/**
 * Reads a JSON list of flights.
 * @param path names the file in errors
 * @returns the flights by day, days in order, each day's flights in the file's order
 * @throws SourceFault with every fault, by its row (the first is row 1)
 */
export function parseFlights(text: string, path: string): ReadonlyMap<string, readonly Flight[]> {
  const days = new Map<string, Flight[]>()
  const faults: string[] = []
  for (const [index, record] of rowsOf(text, path).entries()) {
    const checked = flightRecord.safeParse(record)
    if (!checked.success) {
      faults.push(...recordFaults(`row ${index + 1}`, record, checked.error))
      continue
    }
    const day = days.get(checked.data.date)
    if (day) day.push(checked.data)
    else days.set(checked.data.date, [checked.data])
  }
  if (faults.length > 0) throw new SourceFault(path, faults)
  return new Map([...days].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function rowsOf(text: string, path: string): unknown[] {
  let rows: unknown
  try {
    rows = JSON.parse(text)
  } catch (cause) {
    throw new SourceFault(path, `is not JSON: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    })
  }
  if (Array.isArray(rows)) return rows
  throw new SourceFault(
    path,
    `expected a list of flights, got ${rows === null ? 'null' : typeof rows}`,
  )
}
