/** How a child process ended. */
export interface ChildEnd {
  /** null when a signal ended it. */
  readonly code: number | null
  readonly livedMs: number
}

/** A process that lived this long has shown that it can. */
const soundMs = 60_000

const firstWaitMs = 500
const longestWaitMs = 30_000

/**
 * How long to wait before a process that ended is started again: not at all after a sound life
 * that ended as it should, and then half a second, doubled with every death in a row, up to
 * half a minute.
 * @param deaths how many short or bad lives came right before this one, 0 or more
 */
export function restartWait(end: ChildEnd, deaths: number): { waitMs: number; deaths: number } {
  const sound = end.livedMs >= soundMs
  if (end.code === 0 && sound) return { waitMs: 0, deaths: 0 }
  const row = sound ? 0 : deaths
  return { waitMs: Math.min(firstWaitMs * 2 ** row, longestWaitMs), deaths: row + 1 }
}
