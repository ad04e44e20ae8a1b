import { join } from 'node:path'
import type { AnyApp } from '../../app/index.ts'
import { EquipageError, nearest } from '../../core/index.ts'
import type { Schedule } from '../../schedule/index.ts'

/** The schedules of `app/scheduler.ts`, in the order in which they are written; none when there is no such file. */
export async function schedulesOf(app: AnyApp): Promise<readonly Schedule[]> {
  return (await app.scheduler)?.timetable.schedules ?? []
}

/**
 * The schedules of some names.
 * @returns in the order of the names, each once
 * @throws E_UNKNOWN_SCHEDULE, E_NO_SCHEDULER
 */
export async function schedulesNamed(app: AnyApp, names: readonly string[]): Promise<Schedule[]> {
  if (!(await app.scheduler)) {
    throw new EquipageError('E_NO_SCHEDULER', { file: join(app.basePath, 'app', 'scheduler.ts') })
  }
  const known = new Map((await schedulesOf(app)).map(schedule => [schedule.name ?? '', schedule]))
  return [...new Set(names)].map(name => {
    const schedule = known.get(name)
    if (schedule) return schedule
    throw new EquipageError('E_UNKNOWN_SCHEDULE', { name, nearest: nearest(name, known.keys()) })
  })
}

/** @throws as `schedulesNamed` does */
export async function scheduleNamed(app: AnyApp, name: string): Promise<Schedule> {
  const [schedule] = await schedulesNamed(app, [name])
  return schedule as Schedule
}
