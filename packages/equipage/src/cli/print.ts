/** Writes one answer of a command to its reader. */
export type Print = (text: string) => void
