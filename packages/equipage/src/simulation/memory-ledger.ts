import type { LedgerQuery, LedgerRetention, LedgerRow, RunEnd } from '../connection/index.ts'

/** The rows of one schedule, in the order of their ticks. */
export class MemoryLedger {
  #rows: LedgerRow[] = []

  get rows(): readonly LedgerRow[] {
    return this.#rows
  }

  get last(): LedgerRow | null {
    return this.#rows.at(-1) ?? null
  }

  /** Adds rows, and drops what is older than the retention or beyond it. */
  add(rows: readonly LedgerRow[], retention: LedgerRetention): void {
    if (rows.length === 0) return
    for (const row of rows) this.#rows.splice(this.#placeOf(row.tick), 0, row)
    const earliest = (this.last?.tick ?? 0) - retention.ageMs
    const beyond = Math.max(0, this.#rows.length - retention.count)
    const old = this.#rows.findIndex(({ tick }) => tick >= earliest)
    const dropped = Math.max(beyond, old)
    if (dropped > 0) this.#rows.splice(0, dropped)
  }

  /** The call of a tick was given up: its process is gone. */
  interrupt(tick: number): void {
    this.#amend(tick, row => ({ ...row, fate: 'failed', reason: 'interrupted' }))
  }

  end({ tick, fate, error, durationMs }: RunEnd): void {
    this.#amend(tick, row => {
      if (row.fate === 'fired') return { ...row, durationMs }
      const waited = row.reason === 'queued' ? row.reason : null
      return { ...row, fate, reason: fate === 'failed' ? 'error' : waited, error, durationMs }
    })
  }

  query({ from, to, limit }: Omit<LedgerQuery, 'name'>): LedgerRow[] {
    const rows = this.#rows.slice(this.#placeOf(from - 1))
    const end = rows.findIndex(({ first }) => first > to)
    const within = end < 0 ? rows : rows.slice(0, end)
    return within.slice(Math.max(0, within.length - limit))
  }

  #amend(tick: number, change: (row: LedgerRow) => LedgerRow): void {
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
