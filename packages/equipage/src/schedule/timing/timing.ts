/**
 * When something is due: pure arithmetic from a definition and an anchor. No clock,
 * no timer, no state; two processes that hold the same definition and anchor agree
 * on every tick.
 */
export interface Timing {
  /**
   * The first tick strictly after an instant.
   * @param after epoch milliseconds, whole
   * @param anchor epoch milliseconds of the first registration, whole
   * @returns epoch milliseconds, null when it never fires again
   */
  next(after: number, anchor: number): number | null
  /** The timing in words, without its zone: "every day at 03:00". */
  readonly words: string
  /** The IANA name of the zone it is computed in. */
  readonly zone: string
  /** Stable text: the same text gives the same ticks from the same anchor. */
  readonly definition: string
  /** Whether it follows the clock on the wall, rather than elapsed time. */
  readonly calendar: boolean
  /** The nominal gap between two ticks at its shortest; a change of clocks can bring fixed wall times closer. */
  readonly shortestGapMs: number
  /** The same timing drawing from another seed; only what is derived from the schedule's name has it. */
  readonly reseed?: ((seed: string) => Timing) | undefined
}
