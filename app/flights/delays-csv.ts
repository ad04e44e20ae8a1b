import { csvLine } from './csv.ts'
import type { StateDelays } from './delays.ts'

const header = ['state', 'flights', 'delayed', 'total_delay_minutes', 'mean_delay_minutes']

/** The report as CSV: a header, then one line a row, in the rows' order; the mean has two decimals. */
export function delaysCsv(rows: readonly StateDelays[]): string {
  const lines = rows.map(row =>
    csvLine([
      row.state,
      row.flights,
      row.delayed,
      row.totalDelayMinutes,
      decimals(row.meanDelayMinutes, 2),
    ]),
  )
  return `${[csvLine(header), ...lines].join('\n')}\n`
}

/** A number with so many decimals; what rounds to nothing has no sign. */
export function decimals(value: number, count: number): string {
  const text = value.toFixed(count)
  return Number(text) === 0 ? (0).toFixed(count) : text
}
