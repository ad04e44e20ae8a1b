/** What waits in a queue, and how many processes consume it. */
export interface QueueLoad {
  readonly queue: string
  readonly waiting: number
  readonly processes: number
}

/** A process that leaves one queue for another. */
export interface Move {
  readonly from: string
  readonly to: string
}

/** How many times as much has to wait for a process of one queue as for one of another, before one moves: moves cost a restart. */
const worthwhile = 2

/**
 * The next process to move, if one should: each queue keeps one, and the others are shared out by
 * what waits.
 * @param loads one for each queue
 */
export function nextMove(loads: readonly QueueLoad[]): Move | undefined {
  const wanted = shares(loads)
  const lack = loads.map((load, index) => (wanted[index] ?? 0) - load.processes)
  const to = loads[lack.indexOf(Math.max(...lack))]
  const from = loads[lack.indexOf(Math.min(...lack))]
  if (!to || !from || Math.max(...lack) <= 0 || Math.min(...lack) >= 0) return undefined
  const pressure = ({ waiting, processes }: QueueLoad) => waiting / processes
  if (pressure(to) <= worthwhile * pressure(from)) return undefined
  return { from: from.queue, to: to.queue }
}

/** How many processes each queue should have, in the order of the queues; the largest remainders are rounded up. */
function shares(loads: readonly QueueLoad[]): number[] {
  const waiting = loads.reduce((sum, load) => sum + load.waiting, 0)
  if (waiting === 0) return loads.map(load => load.processes)
  const spare = loads.reduce((sum, load) => sum + load.processes, 0) - loads.length
  const exact = loads.map(load => (spare * load.waiting) / waiting)
  const whole = exact.map(Math.floor)
  let left = spare - whole.reduce((sum, share) => sum + share, 0)
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share - Math.floor(share) }))
    .sort((one, other) => other.remainder - one.remainder)
  for (const { index } of byRemainder) {
    if (left-- <= 0) break
    whole[index] = (whole[index] ?? 0) + 1
  }
  return whole.map(share => share + 1)
}
