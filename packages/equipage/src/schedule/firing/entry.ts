import type { Schedule } from '../writing/index.ts'

/** A schedule on its way: what was decided of it, and when to look at it again. */
export interface Entry<App> {
  readonly schedule: Schedule<App>
  /** The last tick that was decided, at first the anchor; epoch milliseconds. */
  cursor: number
  /** Epoch milliseconds on the connection's clock. */
  wakeAt: number
  /** The tick that waits for the run before to end. */
  waiting: number | null
  /** Ticks up to here were decided once, and Redis lost that. */
  againUpTo: number
  /** Which registration it comes from: a later one has made an entry of its own. */
  readonly generation: number
}
