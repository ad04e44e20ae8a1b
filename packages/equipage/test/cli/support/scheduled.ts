import { runtimeOf } from '../../../src/app/index.ts'
import { findApp } from '../../../src/cli/processes/find-app.ts'
import type { LedgerRow, TickMemory } from '../../../src/connection/index.ts'
import { deploymentOf } from '../../../src/schedule/firing/deployment.ts'
import type { Schedule } from '../../../src/schedule/writing/schedule.ts'
import { StubClock } from '../../support/stub-clock.ts'

/** An application whose schedules are registered, as a scheduler leaves them. */
export interface Scheduled {
  readonly memory: TickMemory
  readonly clock: StubClock
  schedule(name: string): Schedule
  /** Decides ticks of a schedule in one claim, with these rows, up to the tick of the last of them. */
  decide(name: string, ...rows: LedgerRow[]): Promise<void>
}

/**
 * Registers the schedules of an application as the process `host:1`, and does something to them.
 * @param at when, where the machine's clock is the connection's; ISO 8601
 */
export async function scheduled(
  folder: string,
  at: string,
  work: (given: Scheduled) => Promise<void> = async () => {},
): Promise<void> {
  const runtime = runtimeOf(await findApp(folder))
  const clock = new StubClock(at)
  runtime.replace('clock', clock)
  try {
    const memory = (await runtime.connection).ticks
    const schedules = (await runtime.scheduler)?.timetable.schedules ?? []
    await memory.register({ ...deploymentOf(schedules), process: 'host:1' })
    const schedule = (name: string): Schedule => {
      const found = schedules.find(one => one.name === name)
      if (!found) throw new Error(`no schedule ${name}`)
      return found
    }
    const decide = async (name: string, ...rows: LedgerRow[]) => {
      const { definition } = schedule(name)
      const [from] = await memory.cursors([name])
      const to = rows.at(-1)?.tick
      if (from == null || to === undefined) throw new Error(`nothing to decide of ${name}`)
      const { outcome } = await memory.claim({ name, definition, from, to, rows })
      if (outcome !== 'claimed') throw new Error(`the claim was ${outcome}`)
    }
    await work({ memory, clock, schedule, decide })
  } finally {
    await runtime.dispose()
  }
}
