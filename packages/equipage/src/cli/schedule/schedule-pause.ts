import type { Runtime } from '../../app/index.ts'
import { EquipageError } from '../../core/index.ts'
import type { Schedule } from '../../schedule/index.ts'
import { type Output, shownIn, utcOrNull } from '../terminal/index.ts'
import { schedulesNamed } from './app-schedules.ts'
import { ticksOf } from './stored-schedules.ts'

/** What became of one schedule that was to be paused, or to go on. */
interface Change {
  readonly schedule: Schedule
  readonly paused: boolean
  /** Whether it was otherwise before. */
  readonly changed: boolean
  /** Since when it is paused, or was until now; null when it was not. Epoch milliseconds. */
  readonly pausedAt: number | null
}

interface PauseOptions {
  json?: true
}

/** `equipage schedule pause NAME...` */
export function schedulePause(
  runtime: Runtime,
  output: Output,
  names: string[],
  options: PauseOptions,
): Promise<void> {
  return setPaused(runtime, output, names, true, options)
}

/** `equipage schedule resume NAME...` */
export function scheduleResume(
  runtime: Runtime,
  output: Output,
  names: string[],
  options: PauseOptions,
): Promise<void> {
  return setPaused(runtime, output, names, false, options)
}

async function setPaused(
  runtime: Runtime,
  { print }: Output,
  given: readonly string[],
  paused: boolean,
  options: PauseOptions,
): Promise<void> {
  const schedules = await schedulesNamed(runtime, given)
  const memory = await ticksOf(runtime)
  const names = schedules.map(({ name = '' }) => name)
  const pausedAts = async () =>
    new Map((await memory.stored(names)).map(({ name, pausedAt }) => [name, pausedAt]))
  const before = await pausedAts()
  const missing = names.find(name => !before.has(name))
  if (missing !== undefined) throw new EquipageError('E_SCHEDULE_NOT_REGISTERED', { name: missing })
  const changed = new Map<string, boolean>()
  for (const name of names) changed.set(name, await memory.setPaused(name, paused))
  const since = paused ? await pausedAts() : before
  const changes = schedules.map(schedule => {
    const { name = '' } = schedule
    const pausedAt = since.get(name) ?? null
    return { schedule, paused, changed: changed.get(name) ?? false, pausedAt }
  })
  print(options.json ? JSON.stringify(changes.map(jsonOf), null, 2) : changes.map(said).join('\n'))
}

const jsonOf = ({ schedule, paused, changed, pausedAt }: Change) => ({
  name: schedule.name,
  paused,
  changed,
  pausedAt: utcOrNull(pausedAt),
})

function said({ schedule, paused, changed, pausedAt }: Change): string {
  const since = pausedAt === null ? '' : ` since ${shownIn(schedule, pausedAt)}`
  if (paused) return `${schedule.name}: ${changed ? 'paused' : `was paused already${since}`}`
  return `${schedule.name}: ${changed ? `goes on; it was paused${since}` : 'was not paused'}`
}
