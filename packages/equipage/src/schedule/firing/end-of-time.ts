/**
 * The last instant that there is, epoch milliseconds (ECMA-262, Time Values). A cursor that
 * stands here has passed every tick: the schedule has ended.
 */
export const endOfTime = 8_640_000_000_000_000
