import type { Runtime } from '../../app/index.ts'
import type { StoredSchedule, TickMemory } from '../../connection/index.ts'
import { type Clock, isEquipageError } from '../../core/index.ts'
import type { Schedule } from '../../schedule/index.ts'
import type { Print } from '../terminal/index.ts'
import { type Placed, stateOf } from './schedule-state.ts'

/** What remembers the ticks of an application. */
export const ticksOf = async (runtime: Runtime): Promise<TickMemory> =>
  (await runtime.connection).ticks

/** The time that ticks are computed on, whole epoch milliseconds; the machine's where the connection has not told its own yet. */
export function nowOf(memory: TickMemory, clock: Clock): number {
  const now = memory.now()
  return Math.floor(Number.isNaN(now) ? clock.now() : now)
}

/**
 * Schedules and where they stand, in their order.
 * @throws E_CONNECTION_AWAY
 */
export async function placed(
  memory: TickMemory,
  schedules: readonly Schedule[],
  now: number,
): Promise<Placed[]> {
  const names = schedules.map(({ name = '' }) => name)
  const stored = new Map((await memory.stored(names)).map(one => [one.name, one]))
  return schedules.map(schedule => place(schedule, stored.get(schedule.name ?? ''), now))
}

/** The same, but with the connection away it notes that, and they stand as if nobody had registered them. */
export async function placedOrNoted(
  memory: TickMemory,
  schedules: readonly Schedule[],
  now: number,
  note: Print,
): Promise<Placed[]> {
  try {
    return await placed(memory, schedules, now)
  } catch (error) {
    if (!isEquipageError(error, 'E_CONNECTION_AWAY')) throw error
    note(
      `${error.code}: ${error.message}; what is registered is not known, and intervals are counted from now`,
    )
    return schedules.map(schedule => place(schedule, undefined, now))
  }
}

const place = (schedule: Schedule, stored: StoredSchedule | undefined, now: number): Placed => ({
  schedule,
  state: stateOf(schedule, stored, now),
})
