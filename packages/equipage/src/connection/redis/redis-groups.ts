import type { Json } from '../../core/index.ts'
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
  readEnd,
  readPlan,
} from '../../job/index.ts'
import { groupScripts } from './group-scripts.ts'
import { groupKey, type Producer } from './pushing/index.ts'

const states: readonly unknown[] = ['open', 'ready', 'completed', 'failed'] satisfies GroupStatus[]

/** Groups that are under way, each in a hash; and a sorted set of those that have not ended. */
export class RedisGroups implements GroupMemory {
  readonly #producer: Producer
  readonly #prefix: string
  readonly #open: string
  readonly #turn: string

  constructor(producer: Producer, prefix: string) {
    this.#producer = producer
    this.#prefix = prefix
    this.#open = `${prefix}::groups`
    this.#turn = `${prefix}::groups-turn`
  }

  async open(id: string, plan: GroupPlan): Promise<Pick<GroupState, 'state' | 'ended'>> {
    const args = [
      id,
      JSON.stringify(plan),
      plan.members.length,
      plan.finally ? 1 : 0,
      completedKeptMs,
    ]
    const reply = await this.#script('open', id, ...args)
    const [state, ...ended] = Array.isArray(reply) ? reply : []
    return { state: stateOf(state) ?? 'failed', ended: placesOf(ended) }
  }

  async end(
    id: string,
    index: number,
    { end, breaks, limitBytes, tooLarge }: MemberEnd,
  ): Promise<GroupStep> {
    const kind = end.state === 'completed' ? 'c' : breaks ? 'b' : 'f'
    const texts = [JSON.stringify(end), JSON.stringify(tooLarge)]
    const limits = [limitBytes ?? -1, completedKeptMs, failedKeptMs]
    const reply = await this.#script('end', id, id, index, kind, ...texts, ...limits)
    return stateOf(reply) ?? (reply === 'over' ? reply : 'missing')
  }

  async state(id: string): Promise<GroupState | undefined> {
    const reply = await this.#script('state', id)
    if (!Array.isArray(reply)) return undefined
    const [text, given, pushed, readyAt, ...ended] = reply
    const plan = readPlan(text)
    const state = stateOf(given)
    if (!plan || !state) return undefined
    return {
      plan,
      state,
      ended: placesOf(ended),
      finallyPushed: pushed === '1',
      readyAt: readyAt ? Number(readyAt) : null,
    }
  }

  async ends(id: string): Promise<ReadonlyMap<number, JobEnd<Json>>> {
    const fields = await this.#producer.ask(client => client.hgetall(this.#key(id)))
    const ends = new Map<number, JobEnd<Json>>()
    for (const [field, text] of Object.entries(fields)) {
      const index = placeOf(field)
      const end = index === undefined ? undefined : readEnd(text.slice(1))
      if (index !== undefined && end) ends.set(index, end)
    }
    return ends
  }

  async finallyPushed(id: string): Promise<void> {
    await this.#script('pushed', id)
  }

  async close(id: string, state: 'completed' | 'failed'): Promise<boolean> {
    const keptMs = state === 'completed' ? completedKeptMs : failedKeptMs
    return (await this.#script('close', id, id, state, keptMs)) === 1
  }

  async unfinished(everyMs: number): Promise<readonly string[]> {
    const ids = await this.#eval('unfinished', [this.#open, this.#turn], everyMs, groupsLookedAt)
    return Array.isArray(ids) ? ids.map(String) : []
  }

  #key(id: string): string {
    return groupKey(this.#prefix, id)
  }

  #script(
    name: keyof typeof groupScripts,
    id: string,
    ...args: (string | number)[]
  ): Promise<unknown> {
    return this.#eval(name, [this.#key(id), this.#open], ...args)
  }

  #eval(
    name: keyof typeof groupScripts,
    keys: readonly string[],
    ...args: (string | number)[]
  ): Promise<unknown> {
    return this.#producer.ask(client =>
      client.eval(groupScripts[name], keys.length, ...keys, ...args),
    )
  }
}

function stateOf(value: unknown): GroupStatus | undefined {
  return states.includes(value) ? (value as GroupStatus) : undefined
}

/** `end:7` is the field of the member in place 7. */
function placeOf(field: unknown): number | undefined {
  const [, index] = /^end:(\d{1,9})$/.exec(String(field)) ?? []
  return index === undefined ? undefined : Number(index)
}

function placesOf(fields: readonly unknown[]): ReadonlySet<number> {
  return new Set(fields.map(placeOf).filter(index => index !== undefined))
}
