import { join } from 'node:path'
import type { StateDelays } from './delays.ts'
import { delaysCsv } from './delays-csv.ts'
import { delaysSvg } from './delays-svg.ts'
import { writeWholeFile } from './write-file.ts'

export { delaysCsv, delaysSvg }

/** Where the two files of the report are. */
export interface DelaysReport {
  csv: string
  svg: string
}

/**
 * Writes the report as `delays-by-state.csv` and `delays-by-state.svg`, each as a
 * whole; the same rows give the same bytes.
 * @param folder is made if need be
 */
export async function writeDelaysReport(
  rows: readonly StateDelays[],
  folder: string,
): Promise<DelaysReport> {
  const report = {
    csv: join(folder, 'delays-by-state.csv'),
    svg: join(folder, 'delays-by-state.svg'),
  }
  await writeWholeFile(report.csv, delaysCsv(rows))
  await writeWholeFile(report.svg, delaysSvg(rows))
  return report
}
