import type { PushedJob, Receipt } from '../job/index.ts'

/**
 * Remembers, for each schedule, its anchor (the moment of its first registration), its cursor
 * (the last tick that was decided, at first the anchor) and its ledger. docs/internals/ticks.md
 * says what is claimed, pushed and recorded in which order, and what that guarantees.
 *
 * Every call throws E_CONNECTION_AWAY when the far side cannot be reached; whether it was carried
 * out is then unknown, and repeating it does no harm.
 */
export interface TickMemory {
  /** The time that ticks are computed on, epoch milliseconds: the connection's, not the machine's. NaN before the first `register`. */
  now(): number
  /** How far the machine's clock is ahead of `now()`, milliseconds; 0 where they are the same clock. */
  skewMs(): number
  /**
   * Registers the schedules of a deployment. It is the current one from now on, unless a process of
   * a younger one is alive: one that was registered for the first time later. The time since the
   * last heartbeat is a downtime, when no process is alive. Under the current deployment a name that
   * is new, or whose timing has changed, starts anew (its anchor and cursor become now), and names
   * that it does not have are forgotten.
   * @returns in the order of the entries
   */
  register(deployment: Deployment): Promise<Registration[]>
  /** Decides ticks: moves the cursor, writes the ledger and begins the run, all or nothing. */
  claim(claim: TickClaim): Promise<ClaimResult>
  /** Where the cursors stand; null for a schedule that is not there. For a look before a crowd of claims. */
  cursors(names: readonly string[]): Promise<(number | null)[]>
  /**
   * A process says every few seconds that it is alive: this measures the time, renews the leases of
   * the functions that it runs, and records as interrupted those of any process whose leases have
   * run out, the hundred oldest at a time.
   */
  heartbeat(report: SchedulerReport): Promise<HeartbeatReply>
  /**
   * A run has ended: its row says how and after how long, and the next tick no longer overlaps with
   * a function. The row of a pushed job keeps its fate: how the job ended is the job's own record.
   */
  endRun(end: RunEnd): Promise<void>

  /** What is stored of the schedules, in the order of their names; of all when none are named. */
  stored(names?: readonly string[]): Promise<StoredSchedule[]>
  /**
   * Pauses a schedule, or resumes it.
   * @returns false when it was so already, or is not there
   */
  setPaused(name: string, paused: boolean): Promise<boolean>
  /** Rows whose ticks reach into a span, in the order of their ticks. */
  ledger(query: LedgerQuery): Promise<LedgerRow[]>
  /** When a schedule was paused, oldest first; the latest 100. */
  pauses(name: string): Promise<Span[]>
  /** When no scheduler was running, oldest first; the latest 100. */
  downtimes(): Promise<Span[]>
  /** The last heartbeat of any scheduler, epoch milliseconds, when none is alive; null while one is, and where none has ever been. */
  silentSince(): Promise<number | null>
}

/** The schedules of one version of the code, and the process that runs it. */
export interface Deployment {
  /** Identifies the schedules: the same text for the same names and definitions. */
  readonly id: string
  /** Host and process id. */
  readonly process: string
  readonly entries: readonly ScheduleEntry[]
}

export interface ScheduleEntry {
  readonly name: string
  /**
   * The timing's text, `#`, and a digest of what else makes the schedule. A change before the last
   * `#` starts the schedule anew; one after it does not.
   */
  readonly definition: string
}

/** The part of a definition that decides whether a schedule starts anew. */
export function timingOf(definition: string): string {
  const end = definition.lastIndexOf('#')
  return end < 0 ? definition : definition.slice(0, end)
}

/** Where a schedule stands; or another deployment is current, and has it differently or not at all. */
export type Registration =
  | { readonly outcome: 'registered'; readonly anchor: number; readonly cursor: number }
  | { readonly outcome: 'superseded' }

/** Ticks of one schedule in a row, decided together. */
export interface TickClaim extends ScheduleEntry {
  /** The cursor that the claim was computed from. */
  readonly from: number
  /** The last of the ticks, later than `from`: the cursor afterwards. Epoch milliseconds. */
  readonly to: number
  /** Their fates. One row at most begins a run. */
  readonly rows: readonly LedgerRow[]
  /** What is begun; left out when the ticks only get their fates. */
  readonly run?: ClaimedRun
}

/** The run that a claim begins: it is refused while the schedule is paused, or by its overlap policy. */
export interface ClaimedRun {
  readonly tick: number
  /** Pushed in the same step. Left out for a function, which gets a lease instead. */
  readonly job?: PushedJob
  /** Later jobs of the same run, a chain's: where they will be found. */
  readonly later?: readonly { readonly queue: string; readonly id: string }[]
  /** The id of the group that the job fans out: the run goes on until that has ended. */
  readonly group?: string
  /**
   * Left out: the run does not wait for the one before, nor the next for it. `skip`: refused while
   * the run before is unfinished. `queue`: the same, and the tick is remembered as the one that waits.
   */
  readonly overlap?: 'skip' | 'queue'
}

/**
 * `claimed`: this call decided the ticks; `pushed` follows the job, inline to its first attempt's
 * end. With `conflictingId` the push was refused, by its own rules, because of the job of that id: the
 * tick's row says so, and no run has begun. `already-claimed`: another call decided them, and the
 * cursor is now there. `paused`: the schedule is. `overlapping`: the run before is unfinished.
 * `queued`: another tick than the one offered waits, and is the next to run. `superseded`: another
 * deployment is current and has the schedule otherwise. `forgotten`: there is no such schedule; it
 * has to be registered again. Only `claimed` and, under `queue`, `overlapping` change anything.
 */
export type ClaimResult =
  | {
      readonly outcome: 'claimed'
      readonly pushed: Promise<Receipt> | undefined
      readonly conflictingId?: string
    }
  | { readonly outcome: 'already-claimed'; readonly cursor: number }
  | { readonly outcome: 'queued'; readonly tick: number }
  | { readonly outcome: 'paused' | 'overlapping' | 'superseded' | 'forgotten' }

/** `running` is the one that does not last: a function that has begun and not ended. */
export type Fate = 'fired' | 'skipped' | 'missed' | 'failed' | 'running'

/**
 * Why a tick was skipped (`overlap`, `condition`, `environment`, `paused`, and `refused`: the push
 * conflicted with a job of the same key, which the row names), why one failed (`error`:
 * it threw; `interrupted`: its process died), or that one fired after it waited for the run before
 * (`queued`).
 */
export type Reason =
  | 'overlap'
  | 'condition'
  | 'environment'
  | 'paused'
  | 'refused'
  | 'error'
  | 'interrupted'
  | 'queued'

/** The fate of a tick, or of several in a row that share it. Times are epoch milliseconds. */
export interface LedgerRow {
  readonly tick: number
  /** The first of several; the tick itself when it is one. */
  readonly first: number
  /** How many ticks it stands for, 1 or more. */
  readonly count: number
  readonly fate: Fate
  readonly reason: Reason | null
  /** What an error said. */
  readonly error: string | null
  /** Late, and made up for by the misfire policy. */
  readonly misfire: boolean
  /** From the tick to its decision, milliseconds. */
  readonly lagMs: number
  /** Host and process id of who decided it. */
  readonly process: string
  /** How long the run took, from its claim to its end; null where it began none, has not ended, or nobody said so. */
  readonly durationMs: number | null
  /** The id of the pushed job; given by the connection. */
  readonly jobId: string | null
}

export interface LedgerQuery {
  readonly name: string
  readonly from: number
  readonly to: number
  /** The latest rows are given when there are more. */
  readonly limit: number
}

/** A function that runs for a tick. */
export interface Call {
  readonly name: string
  readonly tick: number
}

export interface RunEnd extends Call {
  readonly fate: 'fired' | 'failed'
  readonly error: string | null
  readonly durationMs: number
}

export interface SchedulerReport {
  readonly deployment: string
  readonly process: string
  /** The functions that the process runs. */
  readonly calls: readonly Call[]
  /** The process is stopping, and is not to be counted on from now on. */
  readonly leaving?: boolean
  /** The machine slept, or the process was suspended: a downtime, unless another process was alive. */
  readonly absent?: { readonly from: number; readonly to: number }
}

export interface HeartbeatReply {
  /**
   * Which deployment is current: that of the process; `another`, of which a process lives; or
   * `none`, since the last process of the current one is gone: any other may register.
   */
  readonly current: 'this' | 'another' | 'none'
  /** Functions of the process whose leases had run out: others may have gone on without them. */
  readonly lost: readonly Call[]
  /** Functions of processes that are gone, recorded by this call. */
  readonly interrupted: readonly Call[]
}

/** What is stored of a schedule. */
export interface StoredSchedule extends ScheduleEntry {
  readonly anchor: number
  readonly cursor: number
  /** Since when it is paused, epoch milliseconds. */
  readonly pausedAt: number | null
  readonly last: LedgerRow | null
}

/** Epoch milliseconds; `to` is null while it goes on. */
export interface Span {
  readonly from: number
  readonly to: number | null
}

/** How long a process counts as alive after its last heartbeat. */
export const aliveMs = 15_000

/** How long a function may go on without a heartbeat of its process. */
export const callLeaseMs = 10_000

/** How many functions one heartbeat records as interrupted; the next one goes on. */
export const leasesEndedAtOnce = 100

/** A shorter gap between two processes is a restart, and no downtime. */
export const shortestDowntimeMs = 1_000

/** How many pauses of a schedule, and how many downtimes, are remembered. */
export const spansKept = 100

/** How many deployments are remembered, the latest ones. */
export const deploymentsKept = 100

/** How long, and how many, rows of a schedule are kept. */
export interface LedgerRetention {
  readonly ageMs: number
  readonly count: number
}
