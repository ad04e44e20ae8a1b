import type { Clock, Timer } from '../../../core/index.ts'
import type { RedisClient } from '../server/index.ts'

/** How many locks one script renews at most. */
const perScript = 500

/**
 * Renews locks. One that ran out, of a job that nobody has taken since, is the attempt's again.
 * KEYS: one that names the slot. ARGV: lock in milliseconds, then of each job: what the keys of its
 * queue begin with, id, run id, starts. Returns the positions of those that are another attempt's.
 */
const renewScript = `
local lost = {}
for n = 2, #ARGV, 4 do
  local prefix, id, run, starts = ARGV[n], ARGV[n + 1], ARGV[n + 2], ARGV[n + 3]
  local key = prefix .. id
  local held = redis.pcall('GET', key .. ':lock')
  if not held then
    local known = redis.pcall('HMGET', key, 'equipage:run', 'ats', 'finishedOn')
    if not known.err and known[1] == run and known[2] == starts and not known[3] then held = run end
  end
  if held == run then
    redis.call('SET', key .. ':lock', run, 'PX', ARGV[1])
    redis.call('SREM', prefix .. 'stalled', id)
  else
    lost[#lost + 1] = (n - 2) / 4
  end
end
return lost
`

/** A job that this consumer holds. */
export interface HeldLock {
  readonly queue: string
  readonly id: string
  readonly run: string
  readonly starts: number
}

export interface HeldLocksDependencies {
  readonly client: RedisClient
  readonly prefix: string
  readonly lockMs: number
  readonly clock: Clock
  /** The job is another attempt's now. */
  lost(lock: HeldLock): void
}

/** The locks of all jobs that run here: one renewal for all of them, seven or more before one would run out. */
export class HeldLocks {
  readonly #dependencies: HeldLocksDependencies
  readonly #held = new Set<HeldLock>()
  #timer: Timer | undefined
  #stopped = false

  constructor(dependencies: HeldLocksDependencies) {
    this.#dependencies = dependencies
  }

  add(lock: HeldLock): void {
    this.#held.add(lock)
    this.#arm()
  }

  remove(lock: HeldLock): void {
    this.#held.delete(lock)
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #arm(): void {
    if (this.#timer || this.#stopped) return
    const { clock, lockMs } = this.#dependencies
    this.#timer = clock.after(Math.min(4_000, lockMs / 4), () => void this.#renew())
  }

  async #renew(): Promise<void> {
    const { client, prefix, lockMs, lost } = this.#dependencies
    const held = [...this.#held]
    try {
      for (let from = 0; from < held.length; from += perScript) {
        const part = held.slice(from, from + perScript)
        const args = part.flatMap(({ queue, id, run, starts }) => [
          `${prefix}:${queue}:`,
          id,
          run,
          String(starts),
        ])
        const positions = (await client.eval(
          renewScript,
          1,
          `${prefix}::locks`,
          lockMs,
          ...args,
        )) as number[] | null
        for (const position of positions ?? []) {
          const lock = part[position]
          if (lock && this.#held.delete(lock)) lost(lock)
        }
      }
    } catch {
      // The connection says by itself that it is away; the next renewal makes up for this one.
    }
    this.#timer = undefined
    if (this.#held.size > 0) this.#arm()
  }
}
