import { isDeepStrictEqual } from 'node:util'
import type {
  Call,
  ClaimedRun,
  LedgerRow,
  ScheduleEntry,
  TickClaim,
  TickMemory,
} from '../../../src/connection/index.ts'
import type { GroupMemory, GroupPlan, PushedJob } from '../../../src/job/index.ts'
import type { StubClock } from '../../support/stub-clock.ts'
import { row } from './tick-support.ts'

/** A connection that is driven beside others. */
export interface Compared {
  readonly ticks: TickMemory
  readonly groups: GroupMemory
  /** Lets the connection's time be this one. */
  setTime(now: number): Promise<void>
  /** A job that was pushed ends. */
  end(id: string): Promise<void>
  /** Gets the receipt of a push to come, if there is one. */
  /** What is stored and cannot be read through the port; left out where it is in no store. */
  stored?(): Promise<Stored>
  pushed?(id: string, receipt: Promise<unknown> | undefined): void
}

/** Each in an order of its own. */
export interface Stored {
  readonly waiting: Readonly<Record<string, number>>
  /** The tick of the function that is waited for, or how many jobs and groups are. */
  readonly holders: Readonly<Record<string, string>>
  readonly leases: Readonly<Record<string, number>>
  readonly schedulers: Readonly<Record<string, string>>
  readonly currentDeployment: string | null
  /** In the order in which they were first registered. */
  readonly deployments: readonly string[]
}

/** Something that happens; jobs have the label of the claim that pushed them. */
export type TickEvent =
  | { readonly event: 'pass'; readonly ms: number }
  | {
      readonly event: 'register'
      readonly deployment: keyof typeof deployments
      readonly process: string
    }
  | {
      readonly event: 'heartbeat'
      readonly deployment: string
      readonly process: string
      readonly calls: readonly Call[]
      readonly leaving: boolean
      readonly absentMs: number
    }
  | { readonly event: 'claim'; readonly claim: TickClaim; readonly label: string }
  | { readonly event: 'end run'; readonly call: Call; readonly failed: boolean }
  | { readonly event: 'end job'; readonly label: string }
  | { readonly event: 'pause'; readonly name: string; readonly paused: boolean }
  | { readonly event: 'open group' | 'close group'; readonly id: string }

export const names = ['nightly', 'hourly', 'every week'] as const

/** Three deployments: the second changes a timing and a digest, the third lacks a schedule. */
export const deployments = {
  first: [entry('nightly', '03:00#1'), entry('hourly', '1h#1'), entry('every week', '7d#1')],
  second: [entry('nightly', '04:00#1'), entry('hourly', '1h#2'), entry('every week', '7d#1')],
  third: [entry('nightly', '03:00#1'), entry('hourly', '1h#1')],
}

/** From one tick to the next, of every schedule. */
const stepMs = 5_000

const groupIds = ['group-1', 'group-2']
const plan: GroupPlan = {
  name: 'group',
  fanOut: { queue: 'default', id: 'none' },
  data: null,
  metadata: {},
  slots: [{ key: 'member', list: false, onFailure: 'fail' }],
  members: [{ job: 'member', queue: 'default', slot: 0 }],
  finally: null,
}

/** The other definition of each. */
const redefined = new Map(deployments.second.map(({ name, definition }) => [name, definition]))

function entry(name: string, definition: string): ScheduleEntry {
  return { name, definition }
}

/** Lets an event happen on one connection, and says what came of it, without the ids of jobs. */
export class Driver {
  readonly #compared: Compared
  readonly #labels = new Map<string, string>()
  #now: number

  constructor(compared: Compared, now: number) {
    this.#compared = compared
    this.#now = now
  }

  async drive(event: TickEvent): Promise<unknown> {
    const { ticks, groups } = this.#compared
    switch (event.event) {
      case 'pass':
        this.#now += event.ms
        return this.#compared.setTime(this.#now)
      case 'register': {
        const { deployment: id, process } = event
        return ticks.register({ id, process, entries: deployments[id] })
      }
      case 'heartbeat': {
        const { deployment, process, calls, leaving, absentMs } = event
        const absent = { from: this.#now - absentMs, to: this.#now }
        const report = { deployment, process, calls, leaving }
        const reply = await ticks.heartbeat(absentMs > 0 ? { ...report, absent } : report)
        return { ...reply, interrupted: reply.interrupted.map(textOf).sort() }
      }
      case 'claim':
        return this.#claim(event)
      case 'end run': {
        const { call, failed } = event
        const ended = failed
          ? ({ fate: 'failed', error: 'no "good"\nat all: ü' } as const)
          : ({ fate: 'fired', error: null } as const)
        return ticks.endRun({ ...call, ...ended, durationMs: 12.4 })
      }
      case 'end job': {
        const id = this.#idOf(event.label)
        return id === undefined ? undefined : this.#compared.end(id)
      }
      case 'pause':
        return ticks.setPaused(event.name, event.paused)
      case 'open group':
        return groups.open(event.id, plan)
      case 'close group':
        return groups.close(event.id, 'completed')
    }
  }

  async #claim({ claim, label }: TickEvent & { event: 'claim' }): Promise<unknown> {
    const { ticks } = this.#compared
    const later = claim.run?.later?.map(({ queue, id }) => ({ queue, id: this.#idOf(id) ?? id }))
    const run = claim.run && (later ? { ...claim.run, later } : claim.run)
    const answer = await ticks.claim(run ? { ...claim, run } : claim)
    if (answer.outcome !== 'claimed') return answer
    const { pushed, conflictingId } = answer
    if (run?.job && conflictingId === undefined) {
      const at = { from: run.tick, to: run.tick, limit: 1 }
      const [begun] = await ticks.ledger({ name: claim.name, ...at })
      // The row of an early tick may be too old to be kept: then its job is left alone.
      if (begun?.jobId) {
        this.#labels.set(begun.jobId, label)
        this.#compared.pushed?.(begun.jobId, pushed)
      }
    }
    return { outcome: 'claimed', conflicting: conflictingId && this.#labels.get(conflictingId) }
  }

  /** All that can be read, without the ids of jobs. */
  async state(): Promise<unknown> {
    const { ticks } = this.#compared
    const stored = await ticks.stored()
    const schedules = await Promise.all(
      names.map(async name => ({
        name,
        ledger: (await ticks.ledger({ name, from: 0, to: 8e15, limit: 1_000 })).map(found =>
          this.#labelled(found),
        ),
        pauses: await ticks.pauses(name),
      })),
    )
    return {
      stored: stored.map(found => ({ ...found, last: found.last && this.#labelled(found.last) })),
      schedules,
      cursors: await ticks.cursors(names),
      downtimes: await ticks.downtimes(),
      silentSince: await ticks.silentSince(),
    }
  }

  stored(): Promise<Stored> | undefined {
    return this.#compared.stored?.()
  }

  #labelled(found: LedgerRow): unknown {
    return { ...found, jobId: found.jobId && (this.#labels.get(found.jobId) ?? 'unknown') }
  }

  #idOf(label: string): string | undefined {
    for (const [id, own] of this.#labels) if (own === label) return id
    return undefined
  }
}

function textOf({ name, tick }: Call): string {
  return `${tick} ${name}`
}

/** Draws events that have to do with each other; what is there it reads from one of the connections. */
export class EventSource {
  readonly #random: () => number
  readonly #ticks: TickMemory
  readonly #clock: StubClock
  #claims = 0
  #calls: Call[] = []
  #jobs: string[] = []
  #refused: TickClaim | undefined

  constructor(seed: number, ticks: TickMemory, clock: StubClock) {
    this.#random = seeded(seed)
    this.#ticks = ticks
    this.#clock = clock
  }

  /** Learns what became of a claim. */
  learn({ claim, label }: TickEvent & { event: 'claim' }, result: unknown): void {
    const claimed = isDeepStrictEqual(result, { outcome: 'claimed', conflicting: undefined })
    if (!claimed) {
      this.#refused = claim
      return
    }
    this.#refused = undefined
    const { run, name } = claim
    if (run?.job) this.#jobs.push(label)
    else if (run) this.#calls = [...this.#calls, { name, tick: run.tick }].slice(-6)
  }

  async next(): Promise<TickEvent> {
    const draw = this.#random()
    if (draw < 0.15) {
      const ms = this.#pick([0, 1, 500, 1_000, 1_001, 3_000, 9_999, 10_000, 15_000, 20_000])
      return { event: 'pass', ms }
    }
    if (draw < 0.24) return { event: 'register', ...this.#whose() }
    if (draw < 0.4) {
      const calls = this.#calls.filter(() => this.#random() < 0.5)
      const leaving = this.#random() < 0.15
      const absentMs = this.#random() < 0.15 ? this.#pick([1_500, 20_000]) : 0
      return { event: 'heartbeat', ...this.#whose(), calls, leaving, absentMs }
    }
    if (draw < 0.82) return this.#claim()
    if (draw < 0.87) return this.#endRun()
    if (draw < 0.92) {
      const label = this.#pick(this.#jobs.length > 0 ? this.#jobs : ['none'])
      this.#jobs = this.#jobs.filter(job => job !== label)
      if (label === 'none') return { event: 'pass', ms: 0 }
      return { event: 'end job', label }
    }
    if (draw < 0.97)
      return { event: 'pause', name: this.#pick(names), paused: this.#random() < 0.4 }
    const event = this.#pick(['open group', 'close group'] as const)
    return { event, id: this.#pick(groupIds) }
  }

  #whose(): { deployment: keyof typeof deployments; process: string } {
    const deployment = this.#pick(['first', 'first', 'second', 'third'] as const)
    return { deployment, process: this.#pick(['host:1', 'host:2', 'a host:3']) }
  }

  #endRun(): TickEvent {
    const stored = { name: 'nightly', tick: this.#clock.now() + 1 }
    const call = this.#pick([...this.#calls, stored])
    return { event: 'end run', call, failed: this.#random() < 0.5 }
  }

  async #claim(): Promise<TickEvent> {
    const label = `job ${++this.#claims}`
    const again = this.#refused
    if (again && this.#random() < 0.4) return { event: 'claim', claim: again, label }
    const name = this.#pick(names)
    const [known] = await this.#ticks.stored([name])
    const other = redefined.get(name) ?? ''
    const definition = this.#random() < 0.9 ? (known?.definition ?? other) : other
    const cursor = known?.cursor ?? this.#clock.now()
    const from = this.#random() < 0.9 ? cursor : cursor - 1
    const count = this.#pick([1, 1, 2, 5])
    const to = from + count * stepMs
    const run = this.#run(to, label)
    const rows = this.#rows(from, to, run)
    return {
      event: 'claim',
      claim: { name, definition, from, to, rows, ...(run && { run }) },
      label,
    }
  }

  #run(tick: number, label: string): ClaimedRun | undefined {
    const kind = this.#pick(['none', 'call', 'call', 'job', 'job', 'job'] as const)
    if (kind === 'none') return undefined
    const overlap = this.#pick([undefined, 'skip', 'queue', 'queue'] as const)
    const policy = overlap ? { overlap } : {}
    if (kind === 'call') return { tick, ...policy }
    const job = this.#job(label)
    const later = this.#random() < 0.2 && this.#jobs.length > 0
    const group = this.#random() < 0.2
    return {
      tick,
      job,
      ...policy,
      ...(later ? { later: [{ queue: 'default', id: this.#pick(this.#jobs) }] } : {}),
      ...(group ? { group: this.#pick(groupIds) } : {}),
    }
  }

  /** Of every form: the plain one has a script of its own. */
  #job(label: string): PushedJob {
    const form = this.#pick([
      {},
      {},
      { delayMs: 3_600_000 },
      { priority: 3 },
      { id: label.replace(' ', '-') },
      { delayMs: 3_600_000, guard: { kind: 'unique', key: 'key', forMs: null } },
    ] as const)
    const plain = { name: 'drawn', queue: 'default', data: {}, attempts: 1, delayMs: 0 }
    return { ...plain, priority: 0, metadata: {}, ...form }
  }

  #rows(from: number, to: number, run: ClaimedRun | undefined): LedgerRow[] {
    if (this.#random() < 0.1 && !run) return []
    const count = (to - from) / stepMs - 1
    const missed = row(to - stepMs, { first: from + stepMs, count, fate: 'missed' })
    const before = count > 0 && this.#random() < 0.5 ? [missed] : []
    const waited = this.#random() < 0.3 ? ({ reason: 'queued' } as const) : {}
    const fate = run?.job ? 'fired' : 'running'
    const last = run
      ? row(to, { fate, misfire: this.#random() < 0.2, ...waited })
      : row(to, { fate: 'skipped', reason: 'condition', error: null })
    return [...before, last]
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T
  }
}

/** Mulberry32: the same numbers for the same seed. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
