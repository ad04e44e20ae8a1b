import {
  afterClaim,
  afterHeartbeat,
  afterOverlap,
  afterRegistration,
  type Call,
  type CallLease,
  type ClaimResult,
  type Deployment,
  type DeploymentState,
  endedRow,
  type HeartbeatReply,
  type Holder,
  interruptedRow,
  type LedgerQuery,
  type LedgerRetention,
  type LedgerRow,
  lasts,
  leaseOf,
  leasesAtHeartbeat,
  type Registration,
  type RunEnd,
  refusal,
  registerSchedules,
  runBefore,
  type ScheduleEntry,
  type SchedulerReport,
  type ScheduleState,
  type Span,
  type StoredSchedule,
  silentSince,
  spansKept,
  type TickClaim,
  type TickMemory,
  withPause,
} from '../connection/index.ts'
import type { Clock } from '../core/index.ts'
import type { MemoryCarrier } from './memory-carrier.ts'
import type { MemoryGroups } from './memory-groups.ts'
import { MemoryLedger } from './memory-ledger.ts'

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
  readonly #states = new Map<string, ScheduleState>()
  readonly #ledgers = new Map<string, MemoryLedger>()
  readonly #pauses = new Map<string, { from: number; to: number | null }[]>()
  readonly #downtimes: Span[] = []
  #deployments: DeploymentState = {
    current: null,
    known: [],
    processes: [],
    lastHeartbeat: null,
  }
  readonly #leases = new Map<string, CallLease>()

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
      const none = { holder: null, waiting: null }
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
    const now = this.now()
    const { state, isCurrent, downtime } = afterRegistration(this.#deployments, deployment, now)
    this.#deployments = state
    this.#keepDowntime(downtime)
    const { entries } = deployment
    const registered = registerSchedules(this.#states, entries, isCurrent, now)
    for (const [name, changed] of registered.changed) this.#states.set(name, changed)
    for (const name of registered.forgotten) {
      if (this.#states.get(name)?.pausedAt !== null) this.#endPause(name)
      this.#states.delete(name)
    }
    return registered.registrations
  }

  #keepDowntime(span: Span | undefined): void {
    if (span) this.#downtimes.push(span)
    this.#downtimes.splice(0, this.#downtimes.length - spansKept)
  }

  async claim(claim: TickClaim): Promise<ClaimResult> {
    const { name, run } = claim
    const known = this.#states.get(name)
    const refused = refusal(claim, known)
    if (refused || !known) return refused ?? { outcome: 'forgotten' }
    if (this.#isUnfinished(name, runBefore(claim, known))) {
      this.#states.set(name, afterOverlap(claim, known))
      return { outcome: 'overlapping' }
    }
    const receipt = run?.job && this.#carrier.take(run.job)
    if (run && !receipt) this.#keepLease(leaseOf({ name, tick: run.tick }, this.now()))
    const conflictingId = receipt?.existing?.id
    const { state, rows } = afterClaim(claim, known, { jobId: receipt?.id, conflictingId })
    this.#states.set(name, state)
    this.#ledgerOf(name).add(rows, this.#retention)
    if (conflictingId !== undefined) return { outcome: 'claimed', pushed: undefined, conflictingId }
    return { outcome: 'claimed', pushed: receipt && Promise.resolve(receipt) }
  }

  #isUnfinished(name: string, holder: Holder | null): boolean {
    if (!holder) return false
    if ('jobs' in holder) {
      const { jobs, group } = holder
      if (group !== undefined && this.#groups.isUnfinished(group)) return true
      return jobs.some(id => this.#carrier.isUnfinished(id))
    }
    const lease = this.#leases.get(callId({ name, tick: holder.call }))
    return lease !== undefined && lasts(lease, this.now())
  }

  #keepLease(lease: CallLease): void {
    this.#leases.set(callId(lease), lease)
  }

  async cursors(names: readonly string[]): Promise<(number | null)[]> {
    return names.map(name => this.#states.get(name)?.cursor ?? null)
  }

  async heartbeat(report: SchedulerReport): Promise<HeartbeatReply> {
    const now = this.now()
    const { state, current, downtime } = afterHeartbeat(this.#deployments, report, now)
    this.#deployments = state
    this.#keepDowntime(downtime)
    const leases = [...this.#leases.values()]
    const { renewed, lost, interrupted } = leasesAtHeartbeat(leases, report.calls, now)
    for (const lease of renewed) this.#keepLease(lease)
    for (const call of interrupted) {
      this.#leases.delete(callId(call))
      this.#ledgers.get(call.name)?.change(call.tick, interruptedRow)
    }
    return { current, lost, interrupted }
  }

  async endRun(end: RunEnd): Promise<void> {
    this.#leases.delete(callId(end))
    this.#ledgers.get(end.name)?.change(end.tick, row => endedRow(row, end))
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
    const now = this.now()
    const changed = withPause(this.#states.get(name), paused, now)
    if (!changed) return false
    this.#states.set(name, changed)
    if (paused) {
      const spans = this.#pauses.get(name) ?? []
      this.#pauses.set(name, [...spans, { from: now, to: null }].slice(-spansKept))
    } else this.#endPause(name)
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
    return [...this.#downtimes]
  }

  async silentSince(): Promise<number | null> {
    return silentSince(this.#deployments, this.now())
  }

  #ledgerOf(name: string): MemoryLedger {
    const known = this.#ledgers.get(name)
    if (known) return known
    const ledger = new MemoryLedger()
    this.#ledgers.set(name, ledger)
    return ledger
  }
}

function callId({ name, tick }: Call): string {
  return `${tick} ${name}`
}
