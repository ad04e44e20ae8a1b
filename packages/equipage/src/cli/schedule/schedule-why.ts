import type { Runtime } from '../../app/index.ts'
import { EquipageError } from '../../core/index.ts'
import type { Schedule } from '../../schedule/index.ts'
import { type Output, typedInstant } from '../terminal/index.ts'
import { scheduleNamed } from './app-schedules.ts'
import { fatesJson, fatesTable } from './fates-text.ts'
import type { ClosedSpan } from './planned-ticks.ts'
import { nowOf, placed, ticksOf } from './stored-schedules.ts'
import { tickFates } from './tick-fates.ts'

interface WhyOptions {
  from?: string
  to?: string
  limit: number
  json?: true
}

/** `equipage schedule why NAME`: every planned tick of a span of time, and what became of it. */
export async function scheduleWhy(
  runtime: Runtime,
  { print, note }: Output,
  name: string,
  options: WhyOptions,
): Promise<void> {
  const schedule = await scheduleNamed(runtime, name)
  const memory = await ticksOf(runtime)
  const now = nowOf(memory, runtime.clock)
  const { limit } = options
  const span = spanOf(options, schedule, now)
  // One row more than can be shown, so that it is known whether there is an earlier tick.
  const [[one], rows, pauses, downtimes, silentSince] = await Promise.all([
    placed(memory, [schedule], now),
    memory.ledger({ name, ...span, limit: limit + 1 }),
    memory.pauses(name),
    memory.downtimes(),
    memory.silentSince(),
  ])
  if (!one) return
  const { state } = one
  if (!state.registered) {
    const rest = rows.length > 0 ? '; what is on record is of another' : ''
    note(`no scheduler has registered "${name}" with this timing${rest}`)
  }
  const fates = tickFates({ timing: schedule.timing, state, rows, span, limit })
  // A downtime is on record once it is over.
  const downs = silentSince === null ? downtimes : [...downtimes, { from: silentSince, to: null }]
  const circumstances = { schedule, state, pauses, downtimes: downs, now }
  const explained = { ...fates, span, circumstances }
  print(options.json ? JSON.stringify(fatesJson(explained), null, 2) : fatesTable(explained))
}

function spanOf(options: WhyOptions, { zone }: Schedule, now: number): ClosedSpan {
  const to = options.to === undefined ? now : typedInstant(options.to, zone, now, '--to')
  const from =
    options.from === undefined ? to - dayMs : typedInstant(options.from, zone, now, '--from')
  if (from <= to) return { from, to }
  throw new EquipageError('E_BAD_ARGUMENT', {
    where: '--from',
    given: options.from ?? '',
    expected: `an instant that is not after --to, ${new Date(to).toISOString()}`,
  })
}

const dayMs = 86_400_000
