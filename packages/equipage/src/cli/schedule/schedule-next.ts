import type { Runtime } from '../../app/index.ts'
import {
  local,
  type Output,
  shownIn,
  shownUtc,
  table,
  typedInstant,
  utc,
} from '../terminal/index.ts'
import { scheduleNamed } from './app-schedules.ts'
import { nextTicks } from './schedule-state.ts'
import { nowOf, placedOrNoted, ticksOf } from './stored-schedules.ts'

/** `equipage schedule next NAME`: its next ticks, counted from the anchor that is stored. */
export async function scheduleNext(
  runtime: Runtime,
  { print, note }: Output,
  name: string,
  options: { count: number; after?: string; json?: true },
): Promise<void> {
  const schedule = await scheduleNamed(runtime, name)
  const { zone, words } = schedule
  const memory = await ticksOf(runtime)
  const now = nowOf(memory, runtime.clock)
  const { after } = options
  const from = after === undefined ? undefined : typedInstant(after, zone, now, '--after')
  const [one] = await placedOrNoted(memory, [schedule], now, note)
  if (!one) return
  const { registered, pausedAt, cursor } = one.state
  const ticks = nextTicks(one, from ?? Math.max(now, cursor), options.count)
  if (options.json) {
    const listed = ticks.map(tick => ({ tick: utc(tick), local: local(tick, zone) }))
    const head = { name, timing: words, zone, registered, paused: pausedAt !== null }
    return print(JSON.stringify({ ...head, ticks: listed }, null, 2))
  }
  if (pausedAt !== null)
    note(`"${name}" is paused since ${shownIn(schedule, pausedAt)}: its ticks are skipped`)
  if (ticks.length === 0) return print(`"${name}" never fires again`)
  const rows = ticks.map(tick => [shownIn(schedule, tick), shownUtc(schedule, tick)])
  print(table([`next ticks in ${zone}`, 'in UTC'], rows))
}
