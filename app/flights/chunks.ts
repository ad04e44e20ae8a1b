/** The smallest limit that SQLite has had (999 until 3.32); PostgreSQL's is 65,535. */
const variablesPerStatement = 999

/**
 * Rows in portions that one statement can carry.
 * @param columns variables that each row takes, 1 to 999
 */
export function* chunks<Row>(rows: readonly Row[], columns: number): Generator<Row[]> {
  const size = Math.floor(variablesPerStatement / columns)
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size)
}
