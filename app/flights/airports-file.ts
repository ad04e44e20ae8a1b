import { CsvFault, type CsvRecord, parseCsv } from './csv.ts'
import { type Airport, airportRecord } from './records.ts'
import { recordFaults, SourceFault } from './source-fault.ts'

const columns = Object.keys(airportRecord.shape)

/**
 * Reads a CSV file of airports; its first line names the columns, in any order.
 * @param path names the file in errors
 * @returns the airports by their code
 * @throws SourceFault with every fault, by its line (the header is line 1)
 */
export function parseAirports(text: string, path: string): ReadonlyMap<string, Airport> {
  const [header, ...records] = recordsOf(text, path)
  const missing = columns.filter(column => !header?.fields.includes(column))
  if (!header || missing.length > 0) {
    throw new SourceFault(path, `line 1: the column ${missing.join(', ')} is missing`)
  }

  const airports = new Map<string, Airport>()
  const faults: string[] = []
  for (const { line, fields } of records) {
    const place = `line ${line}`
    if (fields.length !== header.fields.length) {
      faults.push(`${place}: expected ${header.fields.length} fields, got ${fields.length}`)
      continue
    }
    const record = Object.fromEntries(header.fields.map((column, i) => [column, fields[i]]))
    const checked = airportRecord.safeParse(record)
    if (!checked.success) faults.push(...recordFaults(place, record, checked.error))
    else if (airports.has(checked.data.iata)) {
      faults.push(`${place}: ${checked.data.iata} stands in the file already`)
    } else airports.set(checked.data.iata, checked.data)
  }
  if (faults.length > 0) throw new SourceFault(path, faults)
  return airports
}

function recordsOf(text: string, path: string): CsvRecord[] {
  try {
    return [...parseCsv(text)]
  } catch (cause) {
    if (cause instanceof CsvFault) throw new SourceFault(path, cause.message, { cause })
    throw cause
  }
}
