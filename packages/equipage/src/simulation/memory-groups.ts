import {
  type AcceptedEnd,
  acceptEnd,
  firstState,
  type GroupCounts,
  mayClose,
  stepAfter,
} from '../connection/index.ts'
import type { Clock, Json } from '../core/index.ts'
import {
  completedKeptMs,
  failedKeptMs,
  type GroupMemory,
  type GroupPlan,
  type GroupState,
  type GroupStatus,
  type GroupStep,
  groupsLookedAt,
  type JobEnd,
  type MemberEnd,
} from '../job/index.ts'

interface KnownGroup {
  readonly plan: GroupPlan
  counts: GroupCounts
  readonly ends: Map<number, AcceptedEnd>
  readyAt: number | null
  endedAt: number | null
}

/** Groups in a Map, gone with the process: each call is carried out as a whole before another begins. */
export class MemoryGroups implements GroupMemory {
  readonly #clock: Clock
  /** Those that were not looked at for the longest time first. */
  readonly #groups = new Map<string, KnownGroup>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async open(id: string, plan: GroupPlan): Promise<Pick<GroupState, 'state' | 'ended'>> {
    this.#forgetOld()
    const known = this.#groups.get(id) ?? this.#begun(id, plan)
    return { state: known.counts.state, ended: new Set(known.ends.keys()) }
  }

  #begun(id: string, plan: GroupPlan): KnownGroup {
    const left = plan.members.length
    const hasFinally = plan.finally !== null
    const state = firstState(left, hasFinally)
    const counts = { state, left, broken: 0, bytes: 0, hasFinally, finallyPushed: false }
    const known: KnownGroup = { plan, counts, ends: new Map(), readyAt: null, endedAt: null }
    this.#groups.set(id, known)
    if (state !== 'open') this.#enter(known, state)
    return known
  }

  async end(id: string, index: number, end: MemberEnd): Promise<GroupStep> {
    const known = this.#groups.get(id)
    if (!known) return 'missing'
    if (known.counts.state === 'completed') return 'over'
    const change = acceptEnd(known.counts, end, known.ends.get(index))
    if (change) {
      known.counts = change.counts
      known.ends.set(index, change.kept)
    }
    const step = stepAfter(known.counts)
    if (step === 'ready' || step === 'completed' || step === 'failed') this.#enter(known, step)
    return step
  }

  #enter(known: KnownGroup, state: GroupStatus): void {
    const now = this.#clock.now()
    known.counts = { ...known.counts, state }
    if (state === 'ready') known.readyAt ??= now
    known.endedAt = state === 'completed' || state === 'failed' ? now : null
    if (state === 'completed') known.ends.clear()
  }

  async state(id: string): Promise<GroupState | undefined> {
    const known = this.#groups.get(id)
    if (!known || known.counts.state === 'completed') return undefined
    const { plan, counts, ends, readyAt } = known
    const { state, finallyPushed } = counts
    return { plan, state, finallyPushed, readyAt, ended: new Set(ends.keys()) }
  }

  async ends(id: string): Promise<ReadonlyMap<number, JobEnd<Json>>> {
    const ends = this.#groups.get(id)?.ends ?? new Map<number, AcceptedEnd>()
    return new Map(Array.from(ends, ([index, { end }]) => [index, end]))
  }

  async finallyPushed(id: string): Promise<void> {
    const known = this.#groups.get(id)
    if (known) known.counts = { ...known.counts, finallyPushed: true }
  }

  async close(id: string, state: 'completed' | 'failed'): Promise<boolean> {
    const known = this.#groups.get(id)
    if (!known || !mayClose(known.counts.state, state)) return false
    this.#enter(known, state)
    return true
  }

  async unfinished(): Promise<readonly string[]> {
    const open = Array.from(this.#groups).filter(([, { endedAt }]) => endedAt === null)
    const looked = open.slice(0, groupsLookedAt)
    for (const [id, known] of looked) {
      this.#groups.delete(id)
      this.#groups.set(id, known)
    }
    return looked.map(([id]) => id)
  }

  /** Whether a group of that id is there and has not ended. */
  isUnfinished(id: string): boolean {
    return this.#groups.get(id)?.endedAt === null
  }

  #forgetOld(): void {
    const now = this.#clock.now()
    for (const [id, { endedAt, counts }] of this.#groups) {
      const keptMs = counts.state === 'completed' ? completedKeptMs : failedKeptMs
      if (endedAt !== null && endedAt + keptMs < now) this.#groups.delete(id)
    }
  }
}
