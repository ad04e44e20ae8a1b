/** What a process of a measurement reports. Times are in milliseconds. */
export interface Report {
  /** From the planned instant, for each tick in the order of what happened. */
  readonly latenessMs: readonly number[]
  /** Processor time since the measurement began, of user and system. */
  readonly cpuMs: number
}

export type Message =
  | { readonly is: 'ready'; readonly startMs: number }
  | ({ readonly is: 'report' } & Report)

/** The list that a process of a measurement writes into. */
export const measured: number[] = []

/**
 * Runs one process of a measurement: makes it ready, says so, and answers what its parent asks:
 * `begin` forgets what was measured so far, `report` tells it.
 */
export async function measure(start: () => Promise<unknown>): Promise<void> {
  const began = performance.now()
  let before = process.cpuUsage()
  process.on('disconnect', () => process.exit(0))
  process.on('message', asked => {
    if (asked === 'begin') {
      measured.length = 0
      before = process.cpuUsage()
    }
    if (asked === 'report') {
      const { user, system } = process.cpuUsage(before)
      tell({ is: 'report', latenessMs: measured, cpuMs: (user + system) / 1_000 })
    }
  })
  await start()
  tell({ is: 'ready', startMs: performance.now() - began })
}

function tell(message: Message): void {
  process.send?.(message)
}
