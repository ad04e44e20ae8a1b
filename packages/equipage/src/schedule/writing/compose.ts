import { type Duration, durationMs, EquipageError, humanDuration } from '../../core/index.ts'
import {
  type ClockTimes,
  clockTime,
  type Deadline,
  daysWindow,
  deadlineAt,
  instantWords,
  JitterTiming,
  LimitTiming,
  looksLikeTime,
  StartingTiming,
  type Timing,
  UntilTiming,
  type WeekdayMask,
  type Window,
  WindowedTiming,
  type Zone,
} from '../timing/index.ts'
import { looksLikeDate, type Moment, momentMs } from './moment.ts'
import type { TimingSpec } from './timing-spec.ts'

/** An end as the chain takes it: an instant or a date, a length of time, or a time of day. */
export type Until = Moment | { total(unit: 'millisecond'): number }

/** What narrows a timing, as the chain gathers it. */
export interface Bounds {
  readonly startingAt?: Moment
  readonly until?: Until
  readonly limit?: number
  readonly jitter?: Duration
  readonly windows?: readonly Window[]
  readonly weekdays?: WeekdayMask
}

/** The timing part of a chain, complete. */
export interface TimingParts {
  readonly beginning: TimingSpec
  readonly times: ClockTimes | undefined
  readonly zone: Zone
  readonly bounds: Bounds | undefined
  readonly seed: string
}

/**
 * Builds the timing of a chain: its windows first, then its start, its jitter, its end, its limit.
 * @param now epoch milliseconds, for ends that have passed
 * @throws E_BAD_TIMING, E_BAD_TIME, E_BAD_INSTANT, E_BAD_DURATION, E_DEADLINE_PAST
 */
export function composeTiming(dependencies: TimingParts, now: number): Timing {
  const { bounds = {}, times, zone, seed } = dependencies
  const { startingAt, until, limit, jitter, weekdays } = bounds
  const beginning =
    weekdays === undefined
      ? dependencies.beginning
      : (dependencies.beginning.onDays?.(weekdays) ?? dependencies.beginning)
  const { where } = beginning
  let timing = beginning.build({
    times,
    zone,
    seed,
    firstStep: startingAt === undefined ? 1 : 0,
  })
  const windows = [...(bounds.windows ?? [])]
  if (weekdays !== undefined && !dependencies.beginning.onDays) windows.push(daysWindow(weekdays))
  if (windows.length > 0) timing = windowed(timing, windows, zone, where, now)
  if (startingAt !== undefined)
    timing = new StartingTiming(timing, momentMs(startingAt, zone, `${where}.startingAt(...)`))
  if (jitter !== undefined) timing = jittered(timing, jitter, seed, where)
  if (until !== undefined) timing = ending(timing, until, zone, where, now)
  if (limit !== undefined) timing = new LimitTiming(timing, limit)
  return timing
}

function windowed(
  inner: Timing,
  windows: readonly Window[],
  zone: Zone,
  where: string,
  now: number,
): Timing {
  const timing = new WindowedTiming(inner, windows, zone)
  if (timing.next(now, now) === null && inner.next(now, now) !== null) {
    const told = windows.map(window => window.words).join(' ')
    throw new EquipageError('E_BAD_TIMING', {
      where: `${where} ${told}`,
      fault: 'can never fire; change its times or its window',
    })
  }
  return timing
}

function jittered(inner: Timing, jitter: Duration, seed: string, where: string): Timing {
  const call = `${where}.jitter(${JSON.stringify(jitter)})`
  const mostMs = durationMs(jitter, call)
  if (mostMs === 0) return inner
  if (mostMs >= inner.shortestGapMs)
    throw new EquipageError('E_BAD_TIMING', {
      where: call,
      fault: `reaches the next tick; use less than ${humanDuration(inner.shortestGapMs)}`,
    })
  return new JitterTiming(inner, mostMs, seed)
}

function ending(inner: Timing, until: Until, zone: Zone, where: string, now: number): Timing {
  const call = `${where}.until(${typeof until === 'string' ? `'${until}'` : '...'})`
  const deadline = deadlineOf(until, zone, call)
  const end = deadlineAt(deadline, now, zone.name)
  if (end <= now)
    throw new EquipageError('E_DEADLINE_PAST', {
      where: call,
      deadline: `${instantWords(end, zone.name)} ${zone.name}`,
      now: instantWords(now, zone.name),
    })
  return new UntilTiming(inner, deadline)
}

function deadlineOf(until: Until, zone: Zone, where: string): Deadline {
  if (typeof until === 'string' && !looksLikeDate(until)) {
    if (looksLikeTime(until) && until.includes(':'))
      return { kind: 'timeOfDay', ms: clockTime(until.trim(), 'day', where) }
    return { kind: 'duration', ms: durationMs(until, where) }
  }
  if (typeof until === 'object' && until !== null && 'total' in until)
    return { kind: 'duration', ms: durationMs(until.total('millisecond'), where) }
  return { kind: 'instant', ms: momentMs(until, zone, where) }
}
