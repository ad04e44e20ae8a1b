/** What a process has done; what it does not do at all is left out. */
export interface Totals {
  /** Ticks that it fired. */
  readonly ticksFired?: number
  /** Attempts of jobs that have ended, in it or in the worker processes that it kept. */
  readonly attemptsEnded?: number
  /** Worker processes that ended without having said how many jobs they ran. */
  readonly processesUntold?: number
}

/** The last line of a process. */
export function closingLine(role: string, totals: Totals): string {
  const { ticksFired, attemptsEnded, processesUntold = 0 } = totals
  const done: string[] = []
  if (ticksFired !== undefined) done.push(`${counted(ticksFired, 'tick')} fired`)
  if (attemptsEnded !== undefined) {
    done.push(`${processesUntold > 0 ? 'at least ' : ''}${counted(attemptsEnded, 'job')} run`)
  }
  return `${role} stopped: ${done.join(', ')}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
