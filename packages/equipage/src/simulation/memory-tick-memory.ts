import {
  type Call,
  type ClaimedRun,
  type ClaimResult,
  callLeaseMs,
  type Deployment,
  type HeartbeatReply,
  keepsPlace,
  type LedgerQuery,
  type LedgerRetention,
  type LedgerRow,
  type Registration,
  type RunEnd,
  refusal,
  type ScheduleEntry,
  type SchedulerReport,
  type Span,
  type StoredSchedule,
  spansKept,
  type TickClaim,
  type TickMemory,
} from '../connection/index.ts'
import type { Clock } from '../core/index.ts'
import type { Receipt } from '../job/index.ts'
import type { MemoryCarrier } from './memory-carrier.ts'
import { MemoryDeployments } from './memory-deployments.ts'
import type { MemoryGroups } from './memory-groups.ts'
import { MemoryLedger } from './memory-ledger.ts'

/** What a schedule's overlap policy waits for: the jobs and the group of a run by their ids, or a function by its call. */
type Holder =
  | { readonly jobs: readonly string[]; readonly group: string | undefined }
  | { readonly call: string }

interface State {
  definition: string
  anchor: number
  cursor: number
  pausedAt: number | null
  holder: Holder | undefined
  waiting: number | null
}

/** A schedule that is there from the beginning. */
export interface MemoryStart extends ScheduleEntry {
  readonly anchor: number
  readonly cursor: number
  /** When it was paused so far, oldest first; the last may go on. */
  readonly pauses: readonly Span[]
}

/** Ticks in Maps, gone with the process: each call is carried out as a whole before another begins. */
export class MemoryTickMemory implements TickMemory {
  readonly #carrier: MemoryCarrier
  readonly #groups: MemoryGroups
  readonly #retention: LedgerRetention
  readonly #clock: Clock
  readonly #states = new Map<string, State>()
  readonly #ledgers = new Map<string, MemoryLedger>()
  readonly #pauses = new Map<string, { from: number; to: number | null }[]>()
  readonly #deployments = new MemoryDeployments()
  /** The functions that run, and until when each may go on without a sign of life. */
  readonly #calls = new Map<string, Call & { until: number }>()

  constructor(dependencies: {
    carrier: MemoryCarrier
    groups: MemoryGroups
    retention: LedgerRetention
    clock: Clock
    start?: readonly MemoryStart[] | undefined
  }) {
    this.#carrier = dependencies.carrier
    this.#groups = dependencies.groups
    this.#retention = dependencies.retention
    this.#clock = dependencies.clock
    for (const { name, definition, anchor, cursor, pauses } of dependencies.start ?? []) {
      const last = pauses.at(-1)
      const pausedAt = last?.to === null ? last.from : null
      const none = { holder: undefined, waiting: null }
      this.#states.set(name, { definition, anchor, cursor, pausedAt, ...none })
      this.#pauses.set(
        name,
        pauses.map(span => ({ ...span })),
      )
    }
  }

  now(): number {
    return Math.floor(this.#clock.now())
  }

  skewMs(): number {
    return 0
  }

  async register(deployment: Deployment): Promise<Registration[]> {
    const rules = this.#deployments.register(deployment, this.now())
    const registrations = deployment.entries.map(entry => this.#registerEntry(entry, rules))
    if (rules) this.#forgetOthers(new Set(deployment.entries.map(({ name }) => name)))
    return registrations
  }

  #registerEntry(entry: ScheduleEntry, rules: boolean): Registration {
    const known = this.#states.get(entry.name)
    const same = known?.definition === entry.definition
    if (!same && !rules) return { outcome: 'superseded' }
    const state = known && (same || keepsPlace(known, entry)) ? known : this.#newState(entry, known)
    state.definition = entry.definition
    this.#states.set(entry.name, state)
    return { outcome: 'registered', anchor: state.anchor, cursor: state.cursor }
  }

  /** The run before, and a pause, go on. */
  #newState({ definition }: ScheduleEntry, known: State | undefined): State {
    const now = this.now()
    const { pausedAt = null, holder } = known ?? {}
    return { definition, anchor: now, cursor: now, pausedAt, holder, waiting: null }
  }

  #forgetOthers(names: ReadonlySet<string>): void {
    for (const [name, { pausedAt }] of this.#states) {
      if (names.has(name)) continue
      if (pausedAt !== null) this.#endPause(name)
      this.#states.delete(name)
    }
  }

  async claim(claim: TickClaim): Promise<ClaimResult> {
    const state = this.#states.get(claim.name)
    const paused = state?.pausedAt != null
    const refused = refusal(claim, state && { ...state, paused })
    if (refused || !state) return refused ?? { outcome: 'forgotten' }
    const { run } = claim
    if (run?.overlap && this.#isHeld(state.holder)) {
      if (run.overlap === 'queue') state.waiting = run.tick
      return { outcome: 'overlapping' }
    }
    state.cursor = claim.to
    if (state.waiting !== null && state.waiting <= claim.to) state.waiting = null
    const receipt = run?.job && this.#carrier.take(run.job)
    const conflictingId = receipt?.existing?.id
    if (run && conflictingId === undefined) this.#begin(state, claim.name, run, receipt?.id)
    const rows = claim.rows.map(row =>
      receipt && row.tick === run?.tick ? rowOfPush(row, receipt) : row,
    )
    this.#ledgerOf(claim.name).add(rows, this.#retention)
    if (conflictingId !== undefined) return { outcome: 'claimed', pushed: undefined, conflictingId }
    return { outcome: 'claimed', pushed: receipt && Promise.resolve(receipt) }
  }

  #begin(state: State, name: string, run: ClaimedRun, jobId: string | undefined): void {
    const { tick, later = [], group, overlap } = run
    const call = callId({ name, tick })
    if (jobId === undefined) this.#calls.set(call, { name, tick, until: this.now() + callLeaseMs })
    if (overlap === undefined) return
    state.holder =
      jobId === undefined ? { call } : { jobs: [jobId, ...later.map(({ id }) => id)], group }
  }

  #isHeld(holder: Holder | undefined): boolean {
    if (!holder) return false
    if ('jobs' in holder) {
      const { jobs, group } = holder
      if (group !== undefined && this.#groups.isUnfinished(group)) return true
      return jobs.some(id => this.#carrier.isUnfinished(id))
    }
    return (this.#calls.get(holder.call)?.until ?? Number.NEGATIVE_INFINITY) > this.now()
  }

  async cursors(names: readonly string[]): Promise<(number | null)[]> {
    return names.map(name => this.#states.get(name)?.cursor ?? null)
  }

  async heartbeat(report: SchedulerReport): Promise<HeartbeatReply> {
    const now = this.now()
    const rule = this.#deployments.heartbeat(report, now)
    const lost: Call[] = []
    for (const { name, tick } of report.calls) {
      const running = this.#calls.get(callId({ name, tick }))
      if (running && running.until > now) running.until = now + callLeaseMs
      else lost.push({ name, tick })
    }
    const interrupted: Call[] = []
    for (const [id, { name, tick, until }] of this.#calls) {
      if (until > now) continue
      this.#calls.delete(id)
      this.#ledgers.get(name)?.interrupt(tick)
      interrupted.push({ name, tick })
    }
    return { rule, lost, interrupted }
  }

  async endRun(end: RunEnd): Promise<void> {
    this.#calls.delete(callId(end))
    this.#ledgers.get(end.name)?.end(end)
  }

  async stored(names?: readonly string[]): Promise<StoredSchedule[]> {
    return [...(names ?? this.#states.keys())].sort().flatMap(name => {
      const state = this.#states.get(name)
      if (!state) return []
      const { definition, anchor, cursor, pausedAt } = state
      const last = this.#ledgers.get(name)?.last ?? null
      return [{ name, definition, anchor, cursor, pausedAt, last }]
    })
  }

  async setPaused(name: string, paused: boolean): Promise<boolean> {
    const state = this.#states.get(name)
    if (!state || (state.pausedAt !== null) === paused) return false
    if (paused) {
      state.pausedAt = this.now()
      const spans = this.#pauses.get(name) ?? []
      spans.push({ from: state.pausedAt, to: null })
      this.#pauses.set(name, spans.slice(-spansKept))
    } else {
      state.pausedAt = null
      this.#endPause(name)
    }
    return true
  }

  #endPause(name: string): void {
    const latest = this.#pauses.get(name)?.at(-1)
    if (latest) latest.to = this.now()
  }

  async ledger({ name, ...query }: LedgerQuery): Promise<LedgerRow[]> {
    return this.#ledgers.get(name)?.query(query) ?? []
  }

  /** Every row that is kept, schedule by schedule, in the order of their ticks. */
  *rows(): Generator<{ readonly name: string; readonly row: LedgerRow }> {
    for (const [name, ledger] of this.#ledgers) for (const row of ledger.rows) yield { name, row }
  }

  async pauses(name: string): Promise<Span[]> {
    return (this.#pauses.get(name) ?? []).map(span => ({ ...span }))
  }

  async downtimes(): Promise<Span[]> {
    return [...this.#deployments.downtimes]
  }

  async silentSince(): Promise<number | null> {
    return this.#deployments.silentSince(this.now()) ?? null
  }

  #ledgerOf(name: string): MemoryLedger {
    const known = this.#ledgers.get(name)
    if (known) return known
    const ledger = new MemoryLedger()
    this.#ledgers.set(name, ledger)
    return ledger
  }
}

/** The row of the tick that pushed a job, or whose push was refused. */
function rowOfPush(row: LedgerRow, { id, existing }: Receipt): LedgerRow {
  const pushed = { ...row, jobId: id }
  return existing ? { ...pushed, fate: 'skipped', reason: 'refused' } : pushed
}

function callId({ name, tick }: Call): string {
  return `${tick} ${name}`
}
