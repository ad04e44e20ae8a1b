import {
  aliveMs,
  type Deployment,
  deploymentsKept,
  type HeartbeatReply,
  type Registration,
  type ScheduleEntry,
  type SchedulerReport,
  shortestDowntimeMs,
  timingOf,
} from './tick-memory.ts'
import type { ScheduleState } from './tick-rules.ts'

/** A process that fires ticks. */
export interface SchedulerProcess {
  /** Host and process id. */
  readonly process: string
  readonly deployment: string
  readonly aliveUntil: number
}

/** What is remembered of deployments and their processes. Times are epoch milliseconds. */
export interface DeploymentState {
  /** Whose definitions count. */
  readonly current: string | null
  /** Ids in the order in which they were registered for the first time. */
  readonly known: readonly string[]
  /** Those that have died count as well, until their time is over. */
  readonly processes: readonly SchedulerProcess[]
  /** The last one of any process. */
  readonly lastHeartbeat: number | null
}

export interface Downtime {
  readonly from: number
  readonly to: number
}

/**
 * A process registers its deployment: it becomes the current one, unless a process of a younger one
 * is alive.
 * @returns `downtime` when nobody was alive before it
 */
export function afterRegistration(
  state: DeploymentState,
  { id, process }: Pick<Deployment, 'id' | 'process'>,
  now: number,
): { state: DeploymentState; isCurrent: boolean; downtime: Downtime | undefined } {
  const from = state.lastHeartbeat ?? now
  const span = now - from > shortestDowntimeMs ? { from, to: now } : undefined
  const known = state.known.includes(id)
    ? state.known
    : [...state.known, id].slice(-deploymentsKept)
  const seen = { ...afterSign(state, { deployment: id, process }, now), known }
  const isCurrent = !youngerLives(seen, id, now)
  return {
    state: isCurrent ? { ...seen, current: id } : seen,
    isCurrent,
    downtime: span && downtimeOf(state, process, span),
  }
}

/** A process says that it is alive, or that it leaves. */
export function afterHeartbeat(
  state: DeploymentState,
  report: SchedulerReport,
  now: number,
): {
  state: DeploymentState
  current: HeartbeatReply['current']
  downtime: Downtime | undefined
} {
  const after = afterSign(state, report, now)
  const { deployment, process, absent } = report
  const younger = youngerLives(after, deployment, now) ? 'another' : 'none'
  return {
    state: after,
    current: after.current === deployment ? 'this' : younger,
    downtime: absent && downtimeOf(state, process, absent),
  }
}

/** The last heartbeat, when no process is alive; null while one is. */
export function silentSince(
  { processes, lastHeartbeat }: DeploymentState,
  now: number,
): number | null {
  return processes.some(({ aliveUntil }) => aliveUntil > now) ? null : lastHeartbeat
}

/**
 * The schedules after a registration, of a deployment that is current or is not: one that is new, or
 * whose timing has changed, starts anew; what the current deployment does not have is forgotten.
 */
export function registerSchedules(
  known: ReadonlyMap<string, ScheduleState>,
  entries: readonly ScheduleEntry[],
  isCurrent: boolean,
  now: number,
): {
  registrations: Registration[]
  changed: ReadonlyMap<string, ScheduleState>
  forgotten: readonly string[]
} {
  const changed = new Map<string, ScheduleState>()
  const registrations = entries.map((entry): Registration => {
    const state = known.get(entry.name)
    if (state?.definition === entry.definition) return registered(state)
    if (!isCurrent) return { outcome: 'superseded' }
    const next = redefined(state, entry, now)
    changed.set(entry.name, next)
    return registered(next)
  })
  const names = new Set(entries.map(({ name }) => name))
  const forgotten = isCurrent ? [...known.keys()].filter(name => !names.has(name)) : []
  return { registrations, changed, forgotten }
}

/** Whether a schedule keeps anchor and cursor when it is registered. */
export function keepsPlace(
  known: Pick<ScheduleEntry, 'definition'>,
  entry: ScheduleEntry,
): boolean {
  return timingOf(known.definition) === timingOf(entry.definition)
}

function registered({ anchor, cursor }: ScheduleState): Registration {
  return { outcome: 'registered', anchor, cursor }
}

/** A pause, and the run before, outlast a change. */
function redefined(
  known: ScheduleState | undefined,
  entry: ScheduleEntry,
  now: number,
): ScheduleState {
  const { definition } = entry
  if (known && keepsPlace(known, entry)) return { ...known, definition }
  const { pausedAt = null, holder = null } = known ?? {}
  return { definition, anchor: now, cursor: now, pausedAt, holder, waiting: null }
}

function afterSign(
  state: DeploymentState,
  { process, deployment, leaving }: Pick<SchedulerReport, 'process' | 'deployment' | 'leaving'>,
  now: number,
): DeploymentState {
  const others = state.processes.filter(other => other.process !== process)
  const alive = others.filter(({ aliveUntil }) => aliveUntil > now)
  const own = { process, deployment, aliveUntil: now + aliveMs }
  return { ...state, processes: leaving ? alive : [...alive, own], lastHeartbeat: now }
}

/** Nobody fired ticks in a span, unless another process was alive. */
function downtimeOf(
  { processes }: DeploymentState,
  process: string,
  span: Downtime,
): Downtime | undefined {
  const lived = processes.some(other => other.process !== process && other.aliveUntil > span.to)
  return lived ? undefined : { from: span.from, to: span.to }
}

/** Whether a process is alive of a deployment that was registered for the first time later than this one. */
function youngerLives({ known, processes }: DeploymentState, id: string, now: number): boolean {
  const own = known.indexOf(id)
  return processes.some(
    ({ deployment, aliveUntil }) => aliveUntil > now && known.indexOf(deployment) > own,
  )
}
