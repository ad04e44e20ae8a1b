/** A process that lived this long has shown that it can run. */
const soundMs = 60_000

const firstWaitMs = 500
const longestWaitMs = 30_000

/**
 * How long to wait before a process that exited is started again: not at all after a sound life
 * and exit code 0, else half a second, doubled with every death in a row, up to half a minute.
 * @param exit its code, null when a signal ended it, and how long it lived
 * @param deaths how many short or bad lives came right before this one, 0 or more
 */
export function restartWait(
  exit: { readonly code: number | null; readonly livedMs: number },
  deaths: number,
): { waitMs: number; deaths: number } {
  const sound = exit.livedMs >= soundMs
  if (exit.code === 0 && sound) return { waitMs: 0, deaths: 0 }
  const row = sound ? 0 : deaths
  return { waitMs: Math.min(firstWaitMs * 2 ** row, longestWaitMs), deaths: row + 1 }
}
