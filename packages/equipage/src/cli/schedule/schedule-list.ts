import type { Runtime } from '../../app/index.ts'
import type { Output } from '../terminal/index.ts'
import { schedulesOf } from './app-schedules.ts'
import { scheduleRows, scheduleRowsTable } from './schedule-rows.ts'
import { nowOf, placedOrNoted, ticksOf } from './stored-schedules.ts'

/** `equipage schedule list`: reads the schedules, fires none. */
export async function scheduleList(
  runtime: Runtime,
  { print, note }: Output,
  options: { json?: true },
): Promise<void> {
  const schedules = await schedulesOf(runtime)
  const memory = await ticksOf(runtime)
  const now = nowOf(memory, runtime.clock)
  const all = await placedOrNoted(memory, schedules, now, note)
  print(
    options.json ? JSON.stringify(scheduleRows(all, now), null, 2) : scheduleRowsTable(all, now),
  )
}
