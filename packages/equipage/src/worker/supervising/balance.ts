/** What waits in a queue, for how long the next in line has waited, and how many processes consume it. */
export interface QueueLoad {
  readonly queue: string
  readonly waiting: number
  /** Milliseconds, 0 or more. */
  readonly longestMs: number
  readonly processes: number
}

/** A process that leaves one queue for another. */
export interface Move {
  readonly from: string
  readonly to: string
}

/** How many times as much has to press on a process of one queue as on one of another, before one moves: moves cost a restart. */
const worthwhile = 2

/** Below it all jobs have just come. */
const shortestMs = 1_000
/** Above it all have waited for long: a failed job that is retried after days shall not outweigh everything. */
const longestMs = 300_000

/**
 * The next process to move, if one should: each queue keeps one, and the others are shared out by
 * how long jobs wait and how many do.
 * @param loads one for each queue
 */
export function nextMove(loads: readonly QueueLoad[]): Move | undefined {
  const wanted = shares(loads)
  const lack = loads.map((load, index) => (wanted[index] ?? 0) - load.processes)
  const to = loads[lack.indexOf(Math.max(...lack))]
  const from = loads[lack.indexOf(Math.min(...lack))]
  if (!to || !from || Math.max(...lack) <= 0 || Math.min(...lack) >= 0) return undefined
  const pressure = (load: QueueLoad) => weight(load) / load.processes
  if (pressure(to) <= worthwhile * pressure(from)) return undefined
  return { from: from.queue, to: to.queue }
}

/** The time that jobs of a queue spend waiting, about: each as long as the next in line. */
function weight(load: QueueLoad): number {
  return load.waiting * Math.min(longestMs, Math.max(shortestMs, load.longestMs))
}

/** How many processes each queue should have, in the order of the queues; the largest remainders are rounded up. */
function shares(loads: readonly QueueLoad[]): number[] {
  const whole = loads.reduce((sum, load) => sum + weight(load), 0)
  if (whole === 0) return loads.map(load => load.processes)
  const spare = loads.reduce((sum, load) => sum + load.processes, 0) - loads.length
  const exact = loads.map(load => (spare * weight(load)) / whole)
  const rounded = exact.map(Math.floor)
  let left = spare - rounded.reduce((sum, share) => sum + share, 0)
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((one, other) => other.remainder - one.remainder)
  for (const { index } of byRemainder) {
    if (left-- <= 0) break
    rounded[index] = (rounded[index] ?? 0) + 1
  }
  return rounded.map(share => share + 1)
}
