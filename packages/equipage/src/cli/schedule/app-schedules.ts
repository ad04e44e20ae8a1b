import type { Runtime } from '../../app/index.ts'
import { EquipageError, nearest } from '../../core/index.ts'
import type { Schedule } from '../../schedule/index.ts'

/** The schedules of `app/scheduler.ts`, in the order in which they are written; none when there is no such file. */
export async function schedulesOf(runtime: Runtime): Promise<readonly Schedule[]> {
  return (await runtime.scheduler)?.timetable.schedules ?? []
}

/**
 * The schedules of some names.
 * @returns in the order of the names, each once
 * @throws E_UNKNOWN_SCHEDULE, E_NO_SCHEDULER
 */
export async function schedulesNamed(
  runtime: Runtime,
  names: readonly string[],
): Promise<Schedule[]> {
  const { schedules } = (await runtime.requiredScheduler()).timetable
  const known = new Map(schedules.map(schedule => [schedule.name ?? '', schedule]))
  return [...new Set(names)].map(name => {
    const schedule = known.get(name)
    if (schedule) return schedule
    throw new EquipageError('E_UNKNOWN_SCHEDULE', { name, nearest: nearest(name, known.keys()) })
  })
}

/** @throws as `schedulesNamed` does */
export async function scheduleNamed(runtime: Runtime, name: string): Promise<Schedule> {
  const [schedule] = await schedulesNamed(runtime, [name])
  return schedule as Schedule
}
