import {
  keptFrom,
  type LedgerQuery,
  type LedgerRetention,
  type LedgerRow,
} from '../connection/index.ts'

/** The rows of one schedule, in the order of their ticks. */
export class MemoryLedger {
  #rows: LedgerRow[] = []

  get rows(): readonly LedgerRow[] {
    return this.#rows
  }

  get last(): LedgerRow | null {
    return this.#rows.at(-1) ?? null
  }

  /** Adds rows, each in place of one of the same tick, and drops what is no longer kept. */
  add(rows: readonly LedgerRow[], retention: LedgerRetention): void {
    const written = rows.at(-1)
    if (!written) return
    for (const row of rows) {
      const place = this.#placeOf(row.tick)
      if (this.#rows[place - 1]?.tick === row.tick) this.#rows[place - 1] = row
      else this.#rows.splice(place, 0, row)
    }
    const countth = this.#rows[this.#rows.length - retention.count]?.tick
    const from = keptFrom(written.tick, countth, retention)
    const dropped = this.#rows.findIndex(({ tick }) => tick >= from)
    if (dropped > 0) this.#rows.splice(0, dropped)
  }

  query({ from, to, limit }: Omit<LedgerQuery, 'name'>): LedgerRow[] {
    const rows = this.#rows.slice(this.#placeOf(from - 1))
    const end = rows.findIndex(({ first }) => first > to)
    const within = end < 0 ? rows : rows.slice(0, end)
    return within.slice(Math.max(0, within.length - limit))
  }

  /** Changes the row of a tick, if there is one. */
  change(tick: number, change: (row: LedgerRow) => LedgerRow): void {
    const index = this.#placeOf(tick) - 1
    const row = this.#rows[index]
    if (row?.tick === tick) this.#rows[index] = change(row)
  }

  /** Behind the last row whose tick is not later. */
  #placeOf(tick: number): number {
    // Nearly always at the end.
    if ((this.#rows.at(-1)?.tick ?? Number.NEGATIVE_INFINITY) <= tick) return this.#rows.length
    let low = 0
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#rows[middle]?.tick ?? 0) <= tick) low = middle + 1
      else high = middle
    }
    return low
  }
}
