import type { Clock } from '../../core/index.ts'
import {
  aliveMs,
  type Call,
  type ClaimResult,
  callLeaseMs,
  type Deployment,
  deploymentsKept,
  type HeartbeatReply,
  type LedgerQuery,
  type LedgerRow,
  leasesEndedAtOnce,
  type Registration,
  type RunEnd,
  type SchedulerReport,
  type Span,
  type StoredSchedule,
  shortestDowntimeMs,
  spansKept,
  type TickClaim,
  type TickMemory,
} from '../tick-memory.ts'
import {
  type ClaimSetting,
  claimAlone,
  declaredKeys,
  numberOfKeys,
  type Producer,
  readRow,
  type ScheduleKeys,
  scheduleKeys,
} from './pushing/index.ts'
import { receiptOf } from './redis-carrier.ts'
import {
  endRunScript,
  forgetScript,
  heartbeatScript,
  pauseScript,
  registerScript,
  silentScript,
  timeScript,
} from './schedule-scripts.ts'

/** Schedules in one call: more would hold Redis up for everybody else. */
const batchSize = 1_000

/** Ticks in Redis: a cursor moves inside the script that adds the tick's job. */
export class RedisTickMemory implements TickMemory {
  readonly #producer: Producer
  readonly #claims: ClaimSetting
  readonly #keys: ScheduleKeys
  readonly #clock: Clock
  /** Redis's time at a moment of the machine's monotonic clock, which carries it on from there. */
  #measured: { redisMs: number; monotonicMs: number } | undefined

  constructor(producer: Producer, claims: ClaimSetting, clock: Clock) {
    this.#producer = producer
    this.#claims = claims
    this.#keys = scheduleKeys(claims.prefix)
    this.#clock = clock
  }

  now(): number {
    const measured = this.#measured
    if (!measured) return Number.NaN
    return Math.round(measured.redisMs + this.#clock.monotonic() - measured.monotonicMs)
  }

  skewMs(): number {
    return this.#measured ? this.#clock.now() - this.now() : 0
  }

  async register({ id, process, entries }: Deployment): Promise<Registration[]> {
    const calls = chunks(entries, batchSize)
    const registrations: Registration[] = []
    // A deployment without schedules registers too: those of the one before are then forgotten.
    for (const chunk of calls.length > 0 ? calls : [[]]) {
      const args = chunk.flatMap(({ name, definition }) => [name, definition])
      const states = await this.#script<string[]>(registerScript, [
        id,
        process,
        aliveMs,
        spansKept,
        shortestDowntimeMs,
        deploymentsKept,
        ...args,
      ])
      for (const index of chunk.keys()) {
        const [anchor, cursor] = states.slice(index * 2, index * 2 + 2)
        registrations.push(
          anchor
            ? { outcome: 'registered', anchor: Number(anchor), cursor: Number(cursor) }
            : { outcome: 'superseded' },
        )
      }
    }
    await this.#forgetOthers(id, entries)
    await this.#measure()
    return registrations
  }

  /** Forgets the schedules that the deployment does not have; Redis refuses when another one is current. */
  async #forgetOthers(deployment: string, entries: Deployment['entries']): Promise<void> {
    const stored = await this.#producer.ask(client => client.hlen(this.#keys.definitions))
    if (stored <= entries.length) return
    const names = await this.#producer.ask(client => client.hkeys(this.#keys.definitions))
    const ours = new Set(entries.map(({ name }) => name))
    const gone = names.filter(name => !ours.has(name))
    for (const chunk of chunks(gone, batchSize)) {
      await this.#script(forgetScript, [deployment, this.#claims.retention.ageMs, ...chunk])
    }
  }

  /** Redis's time at the middle of the question's way there and back. */
  async #measure(): Promise<void> {
    const askedMs = this.#clock.monotonic()
    const [seconds, micros] = await this.#script<[string, string]>(timeScript, [])
    this.#timeWas(Number(seconds), Number(micros), askedMs)
  }

  #timeWas(seconds: number, micros: number, askedMs: number): void {
    const monotonicMs = (askedMs + this.#clock.monotonic()) / 2
    this.#measured = { redisMs: seconds * 1_000 + micros / 1_000, monotonicMs }
  }

  async claim(claim: TickClaim): Promise<ClaimResult> {
    const job = claim.run?.job
    const reply = job
      ? await this.#producer.add(job, claim)
      : await this.#producer.ask(client => claimAlone(client, claim, this.#claims))
    const [outcome, detail] = typeof reply === 'string' ? (['claimed', reply] as const) : reply
    switch (outcome) {
      case 'claimed':
        return { outcome, pushed: job && Promise.resolve(receiptOf(job, detail)) }
      case 'refused':
        return { outcome: 'claimed', pushed: undefined, conflictingId: detail }
      case 'already-claimed':
        return { outcome, cursor: Number(detail) }
      case 'queued':
        return { outcome, tick: Number(detail) }
      default:
        return { outcome }
    }
  }

  async cursors(names: readonly string[]): Promise<(number | null)[]> {
    if (names.length === 0) return []
    const found = await this.#producer.ask(client => client.hmget(this.#keys.cursors, ...names))
    return found.map(cursor => (cursor === null ? null : Number(cursor)))
  }

  async heartbeat({
    deployment,
    process,
    calls,
    leaving,
    absent,
  }: SchedulerReport): Promise<HeartbeatReply> {
    const members = calls.map(({ name, tick }) => `${tick} ${name}`)
    const askedMs = this.#clock.monotonic()
    const [seconds, micros, current, lost, interrupted] = await this.#script<
      [string, string, HeartbeatReply['current'], string[], string[]]
    >(heartbeatScript, [
      deployment,
      process,
      aliveMs,
      spansKept,
      leaving ? '1' : '',
      callLeaseMs,
      absent ? absent.from : '',
      absent ? absent.to : '',
      leasesEndedAtOnce,
      ...members,
    ])
    this.#timeWas(Number(seconds), Number(micros), askedMs)
    return { current, lost: lost.map(readCall), interrupted: interrupted.map(readCall) }
  }

  async endRun({ name, tick, fate, error, durationMs }: RunEnd): Promise<void> {
    await this.#script(endRunScript, [name, tick, fate, error ?? '', Math.round(durationMs)])
  }

  async stored(names?: readonly string[]): Promise<StoredSchedule[]> {
    const { definitions, anchors, cursors, paused } = this.#keys
    const all = names ?? (await this.#producer.ask(client => client.hkeys(definitions)))
    const found: StoredSchedule[] = []
    for (const chunk of chunks([...all].sort(), batchSize)) {
      const columns = await Promise.all(
        [definitions, anchors, cursors, paused].map(key =>
          this.#producer.ask(client => client.hmget(key, ...chunk)),
        ),
      )
      const last = await Promise.all(chunk.map(name => this.#lastRow(name)))
      for (const [index, name] of chunk.entries()) {
        const [definition, anchor, cursor, pausedAt] = columns.map(column => column[index])
        if (definition == null || anchor == null || cursor == null) continue
        found.push({
          name,
          definition,
          anchor: Number(anchor),
          cursor: Number(cursor),
          pausedAt: pausedAt == null ? null : Number(pausedAt),
          last: last[index] ?? null,
        })
      }
    }
    return found
  }

  async #lastRow(name: string): Promise<LedgerRow | null> {
    const found = await this.#producer.ask(client =>
      client.zrevrange(this.#keys.ledger(name), 0, 0, 'WITHSCORES'),
    )
    return readRows(found)[0] ?? null
  }

  async setPaused(name: string, paused: boolean): Promise<boolean> {
    return (await this.#script<number>(pauseScript, [name, paused ? '1' : '', spansKept])) === 1
  }

  async ledger({ name, from, to, limit }: LedgerQuery): Promise<LedgerRow[]> {
    const key = this.#keys.ledger(name)
    const [within, after] = await Promise.all([
      this.#producer.ask(client =>
        client.zrevrangebyscore(key, to, from, 'WITHSCORES', 'LIMIT', 0, limit),
      ),
      this.#producer.ask(client =>
        client.zrangebyscore(key, `(${to}`, '+inf', 'WITHSCORES', 'LIMIT', 0, 1),
      ),
    ])
    // A row of several ticks has the score of its last, and may begin within the span.
    const reaching = readRows(after).filter(row => row.first <= to)
    return [...readRows(within).reverse(), ...reaching].slice(-limit)
  }

  async pauses(name: string): Promise<Span[]> {
    return (await this.#producer.ask(client => client.lrange(this.#keys.pauses(name), 0, -1))).map(
      readSpan,
    )
  }

  async downtimes(): Promise<Span[]> {
    return (await this.#producer.ask(client => client.lrange(this.#keys.downtimes, 0, -1))).map(
      readSpan,
    )
  }

  async silentSince(): Promise<number | null> {
    const seen = await this.#script<string | null>(silentScript, [])
    return seen === null ? null : Number(seen)
  }

  #script<Reply>(script: string, args: readonly (string | number)[]): Promise<Reply> {
    return this.#producer.ask(
      client =>
        client.eval(
          script,
          numberOfKeys,
          ...declaredKeys(this.#keys.base),
          ...args,
        ) as Promise<unknown>,
    ) as Promise<Reply>
  }
}

function readCall(text: string): Call {
  const blank = text.indexOf(' ')
  return { name: text.slice(blank + 1), tick: Number(text.slice(0, blank)) }
}

/** `from to`; the end is missing while it goes on. */
function readSpan(text: string): Span {
  const [from, to] = text.split(' ')
  return { from: Number(from), to: to ? Number(to) : null }
}

/** Members and scores in turn. */
function readRows(found: readonly string[]): LedgerRow[] {
  return chunks(found, 2).map(([text = '', score]) => readRow(text, Number(score)))
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  const dependencies: T[][] = []
  for (let start = 0; start < all.length; start += size)
    dependencies.push(all.slice(start, start + size))
  return dependencies
}
