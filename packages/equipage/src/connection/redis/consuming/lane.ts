import type { JobEnd } from './job-end.ts'

/** The most ends, and places, of one call: a script holds Redis up for a millisecond or two. */
const mostPerCall = 64
/** The most characters of results and failures of one call. */
const charactersPerCall = 1_000_000

/** One call of a lane, as the script is sent it; sent again, it is the same. */
export interface LaneCall {
  readonly number: number
  /** A run id for each place that it asks for. */
  readonly runs: readonly string[]
  readonly ends: readonly JobEnd[]
}

/** What a call's answer says, beside its jobs. */
export interface LaneAnswer {
  /** How many jobs were taken. */
  readonly taken: number
  /** More can be taken at once. */
  readonly more: boolean
  /** For how long a rate limit holds, milliseconds; 0 when none does. */
  readonly limitedMs: number
}

export interface LaneOptions {
  /** Jobs at a time, 1 or more. */
  readonly concurrency: number
  /** Draws the identity of a run. */
  readonly drawRun: () => string
  /** How many attempts may still be asked for, by all lanes of a consumer. */
  readonly left: () => number
}

/**
 * What one queue is asked, decided without Redis: how many jobs there is room for, which ends are
 * sent, and in which calls, of which one is under way at a time.
 *
 * | state of an attempt | entered | left |
 * |---|---|---|
 * | running | when its job is taken | when it has ended here |
 * | ended | with `add` | when a call carries it |
 * | sent | with `next` | when that call is answered |
 *
 * A job holds its place until its end is answered. A call that is refused, or whose answer is lost, is
 * sent again as it was; ends that come meanwhile wait for the next one.
 */
export class Lane {
  readonly #options: LaneOptions
  readonly #ends: JobEnd[] = []
  #number = 0
  #held = 0
  #call: LaneCall | undefined
  #awake = false
  #limited = false
  #closed = false

  constructor(options: LaneOptions) {
    this.#options = options
  }

  /** Attempts that hold a place: they run, or their end is not on record yet. */
  get held(): number {
    return this.#held
  }

  /** A call is under way. */
  get busy(): boolean {
    return this.#call !== undefined
  }

  /** It has room, and knows of no job: somebody has to tell it of the next one. */
  get idle(): boolean {
    return !this.#closed && !this.#awake && !this.#limited && this.#room() > 0
  }

  /** There may be a job. */
  wake(): void {
    this.#limited = false
    this.#awake = true
  }

  /** It takes no more jobs; ends are still sent. */
  close(): void {
    this.#closed = true
  }

  /** An attempt has ended. */
  add(end: JobEnd): void {
    this.#ends.push(end)
  }

  /** The call to send now; undefined when there is nothing to say, or one is under way. */
  next(): LaneCall | undefined {
    if (this.#call) return undefined
    const ends = this.#endsOfCall()
    // With an end it costs nothing to ask, though a limit held a while ago.
    const asks = !this.#closed && (ends.length > 0 || (this.#awake && !this.#limited))
    const room = asks ? Math.min(mostPerCall, this.#room(ends.length)) : 0
    if (ends.length === 0 && room <= 0) return undefined
    const runs = Array.from({ length: Math.max(0, room) }, this.#options.drawRun)
    this.#call = { number: ++this.#number, runs, ends }
    return this.#call
  }

  /** The call was answered. */
  answered({ taken, more, limitedMs }: LaneAnswer): void {
    const { ends, runs } = this.#call ?? { ends: [], runs: [] }
    this.#call = undefined
    this.#held += taken - ends.length
    this.#limited = limitedMs > 0
    if (runs.length > 0) this.#awake = more
  }

  /** The server has forgotten its calls, or knows later ones: it begins anew behind them. */
  restart(after: number): LaneCall | undefined {
    if (!this.#call) return undefined
    this.#number = Math.max(this.#number, after) + 1
    this.#call = { ...this.#call, number: this.#number }
    return this.#call
  }

  /** @param ending places that the same call makes free */
  #room(ending = 0): number {
    const { concurrency, left } = this.#options
    return Math.min(concurrency - this.#held + ending, left())
  }

  #endsOfCall(): JobEnd[] {
    let characters = 0
    let count = 0
    for (const end of this.#ends) {
      characters += end[4].length + end[6].length
      if (count > 0 && (count === mostPerCall || characters > charactersPerCall)) break
      count++
    }
    return this.#ends.splice(0, count)
  }
}
