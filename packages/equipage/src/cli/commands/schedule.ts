import type { AnyApp } from '../../app/index.ts'
import type { Print } from '../print.ts'
import { scheduleRows, scheduleTable } from '../schedule-table.ts'

/** `equipage schedule list`: reads the schedules, fires none. */
export async function scheduleList(
  app: AnyApp,
  print: Print,
  options: { json?: true },
): Promise<void> {
  const schedules = (await app.scheduler)?.timetable.schedules ?? []
  const now = app.clock.now()
  print(
    options.json
      ? JSON.stringify(scheduleRows(schedules, now), null, 2)
      : scheduleTable(schedules, now),
  )
}
