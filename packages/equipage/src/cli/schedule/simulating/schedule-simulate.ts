import type { Runtime } from '../../../app/index.ts'
import type { Span } from '../../../connection/index.ts'
import { EquipageError, isEquipageError } from '../../../core/index.ts'
import { type Schedule, zoneNamed } from '../../../schedule/index.ts'
import { type RecordedPast, recordedPast, simulate } from '../../../simulation/index.ts'
import { type Output, type Print, typedInstant } from '../../terminal/index.ts'
import { schedulesOf } from '../app-schedules.ts'
import type { ClosedSpan } from '../planned-ticks.ts'
import { nowOf, ticksOf } from '../stored-schedules.ts'
import { simulatedJson, simulatedTable, ticksWithin } from './simulated-fates.ts'
import { timeLineSvg } from './time-line-svg.ts'
import { typedSpans } from './typed-spans.ts'

interface SimulateOptions {
  from?: string
  to?: string
  down: string[]
  zone?: string
  json?: true
  svg?: true
}

/** All that one answer may hold; many more are neither read nor drawn. */
const mostTicks = 100_000
const dayMs = 86_400_000

/** `equipage schedule simulate`: plays the timetable through a span of time, and runs nothing. */
export async function scheduleSimulate(
  runtime: Runtime,
  { print, note }: Output,
  options: SimulateOptions,
): Promise<void> {
  const schedules = await schedulesOf(runtime)
  const zone = zoneOf(options.zone, (await runtime.scheduler)?.timetable.zone ?? 'UTC')
  const memory = await ticksOf(runtime)
  const now = nowOf(memory, runtime.clock)
  const span = spanOf(options, zone, now)
  const downs = options.down.length > 0 ? typedSpans(options.down, zone, now, '--down') : undefined
  const past = await pastOrNoted(runtime, schedules, span, downs, note)
  refuseTooMany(schedules, past, span, options)
  const { app, config, log } = runtime
  const parts = { schedules, env: config.get('app.env'), app, log }
  const simulated = await simulate({ ...parts, ...past, to: span.to, oneByOne: true })
  const ticks = ticksWithin(simulated, schedules, span)
  if (options.json) return print(JSON.stringify(simulatedJson(ticks, zone), null, 2))
  if (options.svg) {
    const rows = schedules.map(({ name = '', words, zone: own }) => ({ name, words, zone: own }))
    return print(timeLineSvg({ rows, ticks, ...past, ...span, zone }))
  }
  print(simulatedTable(ticks, zone, span))
}

function zoneOf(given: string | undefined, usual: string): string {
  if (given === undefined) return usual
  try {
    return zoneNamed(given, '--zone').name
  } catch {
    const expected = 'the IANA name of a zone, such as Europe/Madrid'
    throw new EquipageError('E_BAD_ARGUMENT', { where: '--zone', given, expected })
  }
}

function spanOf(options: SimulateOptions, zone: string, now: number): ClosedSpan {
  const from = options.from === undefined ? now : typedInstant(options.from, zone, now, '--from')
  const to = options.to === undefined ? from + dayMs : typedInstant(options.to, zone, now, '--to')
  if (from <= to) return { from, to }
  throw new EquipageError('E_BAD_ARGUMENT', {
    where: '--to',
    given: options.to ?? '',
    expected: `an instant that is not before --from, ${new Date(from).toISOString()}`,
  })
}

/** What is recorded; with the connection away it notes that, and the timetable begins with the span. */
async function pastOrNoted(
  runtime: Runtime,
  schedules: readonly Schedule[],
  span: ClosedSpan,
  downs: readonly Span[] | undefined,
  note: Print,
): Promise<Pick<RecordedPast, 'from' | 'downs'> & Partial<RecordedPast>> {
  try {
    const past = await recordedPast(await ticksOf(runtime), schedules, span, downs)
    const names = past.unregistered.map(name => `"${name}"`).join(', ')
    if (names) note(`not registered then: ${names}; taken as registered when the span begins`)
    const { from, to } = span
    const within = past.downs.filter(down => down.from < to && (down.to ?? to) > from).length
    if (!downs && within > 0)
      note(`times without a scheduler, as they are on record: ${within}; --down replaces them`)
    return past
  } catch (error) {
    if (!isEquipageError(error, 'E_CONNECTION_AWAY')) throw error
    note(
      `${error.code}: ${error.message}; what is on record is not known, and all is taken as registered when the span begins`,
    )
    return { from: span.from, downs: downs ?? [] }
  }
}

function refuseTooMany(
  schedules: readonly Schedule[],
  past: Partial<RecordedPast>,
  span: ClosedSpan,
  options: SimulateOptions,
): void {
  let left = mostTicks
  for (const { name = '', timing } of schedules) {
    const anchor = past.standings?.get(name)?.anchor ?? span.from
    let tick = timing.next(Math.max(span.from, anchor) - 1, anchor)
    for (; tick !== null && tick <= span.to && left >= 0; left--) tick = timing.next(tick, anchor)
  }
  if (left >= 0) return
  throw new EquipageError('E_BAD_ARGUMENT', {
    where: '--to',
    given: options.to ?? '',
    expected: `a span of ${mostTicks} ticks at most; end it sooner`,
  })
}
