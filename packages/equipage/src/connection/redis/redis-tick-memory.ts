import type { Clock } from '../../core/clock.ts'
import type {
  ClaimAnswer,
  ScheduleEntry,
  ScheduleState,
  TickClaim,
  TickMemory,
} from '../connection.ts'
import { type ClaimKeys, claimAlone } from './claims.ts'
import { connectionError, type RedisSettings } from './client.ts'
import type { Producer } from './producer.ts'
import { receiptOf } from './redis-carrier.ts'

/** Redis's clock is read this often; in between the machine's monotonic clock carries it on. */
const measureEveryMs = 5_000

/**
 * KEYS: definitions, anchors, cursors. ARGV: name, definition, name, definition ...
 * Returns anchor, cursor, anchor, cursor ... as text.
 */
const registerScript = `
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
local states = {}
for i = 1, #ARGV, 2 do
  local name, definition = ARGV[i], ARGV[i + 1]
  if redis.call('HGET', KEYS[1], name) ~= definition or redis.call('HEXISTS', KEYS[3], name) == 0 then
    redis.call('HSET', KEYS[1], name, definition)
    redis.call('HSET', KEYS[2], name, now)
    redis.call('HSET', KEYS[3], name, now)
  end
  states[#states + 1] = redis.call('HGET', KEYS[2], name)
  states[#states + 1] = redis.call('HGET', KEYS[3], name)
end
return states
`

/** Ticks in Redis: a cursor moves inside the script that adds the tick's job. */
export class RedisTickMemory implements TickMemory {
  readonly #producer: Producer
  readonly #settings: RedisSettings
  readonly #keys: ClaimKeys
  readonly #clock: Clock
  #measured: { redisMs: number; monotonicMs: number } | undefined
  #measuring: Promise<void> | undefined

  constructor(producer: Producer, settings: RedisSettings, keys: ClaimKeys, clock: Clock) {
    this.#producer = producer
    this.#settings = settings
    this.#keys = keys
    this.#clock = clock
  }

  now(): number {
    const measured = this.#measured
    if (!measured) return Number.NaN
    const sinceMs = this.#clock.monotonic() - measured.monotonicMs
    if (sinceMs > measureEveryMs) this.#measureSoon()
    return Math.round(measured.redisMs + sinceMs)
  }

  #measureSoon(): void {
    if (this.#measuring !== undefined) return
    // While Redis is away the monotonic clock goes on; nothing can be claimed then anyway.
    this.#measuring = this.#measure()
      .catch(() => undefined)
      .finally(() => {
        this.#measuring = undefined
      })
  }

  /** Redis's time at the middle of the question's way there and back. */
  async #measure(): Promise<void> {
    await this.#producer.ready()
    const askedMs = this.#clock.monotonic()
    const [seconds, micros] = await this.#producer.client.time()
    const answeredMs = this.#clock.monotonic()
    this.#measured = {
      redisMs: Number(seconds) * 1_000 + Number(micros) / 1_000,
      monotonicMs: (askedMs + answeredMs) / 2,
    }
  }

  async register(entries: readonly ScheduleEntry[]): Promise<ScheduleState[]> {
    const args = entries.flatMap(({ name, definition }) => [name, definition])
    const { definitions, anchors, cursors } = this.#keys
    try {
      await this.#measure()
      const states = (await this.#producer.client.eval(
        registerScript,
        3,
        definitions,
        anchors,
        cursors,
        ...args,
      )) as string[]
      return entries.map((_, index) => ({
        anchor: Number(states[index * 2]),
        cursor: Number(states[index * 2 + 1]),
      }))
    } catch (error) {
      throw connectionError(this.#settings, error)
    }
  }

  async claim(claim: TickClaim): Promise<ClaimAnswer> {
    const { job } = claim
    const reply = job ? await this.#producer.add(job, claim) : await this.#claimAlone(claim)
    const [outcome, detail] = typeof reply === 'string' ? (['claimed', reply] as const) : reply
    switch (outcome) {
      case 'claimed':
        return { outcome, pushed: job && Promise.resolve(receiptOf(job, detail)) }
      case 'taken':
        return { outcome, cursor: Number(detail) }
      default:
        return { outcome }
    }
  }

  async #claimAlone(claim: TickClaim) {
    await this.#producer.ready()
    try {
      return await claimAlone(this.#producer.client, claim, this.#keys)
    } catch (error) {
      throw connectionError(this.#settings, error)
    }
  }
}
