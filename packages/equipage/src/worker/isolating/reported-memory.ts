/** How often an isolated process says how much memory it occupies, in milliseconds. */
export const memoryReportedEveryMs = 1_000

/** A petabyte, in bytes, has more. */
const mostDigits = 15

/**
 * Reads what an isolated process writes of its memory: bytes in decimal digits, a line each. A job
 * can write there too, so that anything else is passed over, and no line is kept that never ends.
 */
export class ReportedMemory {
  readonly #form = new RegExp(`^\\d{1,${mostDigits}}$`)
  #rest = ''

  /** The last amount that has arrived whole with this piece, in bytes; undefined when none has. */
  read(piece: string): number | undefined {
    const lines = `${this.#rest}${piece}`.split('\n')
    this.#rest = (lines.pop() ?? '').slice(0, mostDigits + 1)
    const last = lines.findLast(line => this.#form.test(line))
    return last === undefined ? undefined : Number(last)
  }
}
