import {
  firstState,
  type GroupCounts,
  mayClose,
  stepAfter,
  type TakenEnd,
  taken,
} from '../connection/index.ts'
import type { Clock, Json } from '../core/index.ts'
import {
  completedKeptMs,
  failedKeptMs,
  type GroupMemory,
  type GroupPlan,
  type GroupStanding,
  type GroupState,
  type GroupStep,
  groupsLookedAt,
  type JobEnd,
  type MemberEnd,
} from '../job/index.ts'

interface Held {
  readonly plan: GroupPlan
  counts: GroupCounts
  readonly ends: Map<number, TakenEnd>
  readyAt: number | null
  endedAt: number | null
}

/** Groups in a Map, gone with the process: each call is carried out as a whole before another begins. */
export class MemoryGroups implements GroupMemory {
  readonly #clock: Clock
  /** Those that were not looked at for the longest time first. */
  readonly #groups = new Map<string, Held>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async open(id: string, plan: GroupPlan): Promise<Pick<GroupStanding, 'state' | 'ended'>> {
    this.#forgetOld()
    const held = this.#groups.get(id) ?? this.#begun(id, plan)
    return { state: held.counts.state, ended: new Set(held.ends.keys()) }
  }

  #begun(id: string, plan: GroupPlan): Held {
    const left = plan.members.length
    const hasLast = plan.last !== null
    const state = firstState(left, hasLast)
    const counts = { state, left, broken: 0, bytes: 0, hasLast, lastPushed: false }
    const held: Held = { plan, counts, ends: new Map(), readyAt: null, endedAt: null }
    this.#groups.set(id, held)
    if (state !== 'open') this.#enter(held, state)
    return held
  }

  async end(id: string, place: number, end: MemberEnd): Promise<GroupStep> {
    const held = this.#groups.get(id)
    if (!held) return 'missing'
    if (held.counts.state === 'completed') return 'over'
    const change = taken(held.counts, end, held.ends.get(place))
    if (change) {
      held.counts = change.counts
      held.ends.set(place, change.kept)
    }
    const step = stepAfter(held.counts)
    if (step === 'ready' || step === 'completed' || step === 'failed') this.#enter(held, step)
    return step
  }

  #enter(held: Held, state: GroupState): void {
    const now = this.#clock.now()
    held.counts = { ...held.counts, state }
    if (state === 'ready') held.readyAt ??= now
    held.endedAt = state === 'completed' || state === 'failed' ? now : null
    if (state === 'completed') held.ends.clear()
  }

  async standing(id: string): Promise<GroupStanding | undefined> {
    const held = this.#groups.get(id)
    if (!held || held.counts.state === 'completed') return undefined
    const { plan, counts, ends, readyAt } = held
    const { state, lastPushed } = counts
    return { plan, state, lastPushed, readyAt, ended: new Set(ends.keys()) }
  }

  async ends(id: string): Promise<ReadonlyMap<number, JobEnd<Json>>> {
    const ends = this.#groups.get(id)?.ends ?? new Map<number, TakenEnd>()
    return new Map(Array.from(ends, ([place, { end }]) => [place, end]))
  }

  async lastPushed(id: string): Promise<void> {
    const held = this.#groups.get(id)
    if (held) held.counts = { ...held.counts, lastPushed: true }
  }

  async close(id: string, state: 'completed' | 'failed'): Promise<boolean> {
    const held = this.#groups.get(id)
    if (!held || !mayClose(held.counts.state, state)) return false
    this.#enter(held, state)
    return true
  }

  async unfinished(): Promise<readonly string[]> {
    const open = Array.from(this.#groups).filter(([, { endedAt }]) => endedAt === null)
    const looked = open.slice(0, groupsLookedAt)
    for (const [id, held] of looked) {
      this.#groups.delete(id)
      this.#groups.set(id, held)
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
