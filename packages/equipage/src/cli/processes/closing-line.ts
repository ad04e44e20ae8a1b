/** What a process has done; work of a kind that it does not do is left out. */
export interface Totals {
  /** Ticks that it fired. */
  readonly ticksFired?: number
  /** Attempts of jobs that it has run, or that its worker processes have: a job that is retried counts each time. */
  readonly attemptsEnded?: number
  /** Worker processes that exited without reporting their totals. */
  readonly processesUnreported?: number
}

/** The last line of a process. */
export function closingLine(role: string, totals: Totals): string {
  const { ticksFired, attemptsEnded, processesUnreported = 0 } = totals
  const done: string[] = []
  if (ticksFired !== undefined) done.push(`${counted(ticksFired, 'tick')} fired`)
  if (attemptsEnded !== undefined) {
    done.push(
      `${processesUnreported > 0 ? 'at least ' : ''}${counted(attemptsEnded, 'attempt')} run`,
    )
  }
  return `${role} stopped: ${done.join(', ')}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
