/** Writes one answer of a command to its reader. */
export type Print = (text: string) => void

/** Where a command writes: its answer to standard output, notes about it to standard error. */
export interface Output {
  readonly print: Print
  readonly note: Print
}
