import type { Checkpoints } from '../../../job/index.ts'
import type { RedisClient } from '../server/index.ts'

/**
 * KEYS: the job, its lock. ARGV: the token of the lock, field, value.
 * Returns 1 when it was written, 0 when the job is locked for another or gone.
 */
const saveScript = `
if (redis.call('GET', KEYS[2]) or redis.call('HGET', KEYS[1], 'equipage:run')) ~= ARGV[1] or redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
return 1
`

/**
 * A job's checkpoints stand in its own hash, so that they live and go with it; BullMQ passes over
 * fields that it does not know. Writing asks for the lock that BullMQ gave the job's worker.
 */
export class RedisCheckpoints implements Checkpoints {
  readonly #client: RedisClient
  readonly #key: string
  readonly #token: string

  /**
   * @param key the job's
   * @param token the one that its lock was taken with
   */
  constructor(client: RedisClient, key: string, token: string) {
    this.#client = client
    this.#key = key
    this.#token = token
  }

  async load(name: string): Promise<string | undefined> {
    return (await this.#client.hget(this.#key, fieldOf(name))) ?? undefined
  }

  async save(name: string, json: string): Promise<boolean> {
    const keys = [this.#key, `${this.#key}:lock`] as const
    const saved = await this.#client.eval(saveScript, 2, ...keys, this.#token, fieldOf(name), json)
    return saved === 1
  }
}

function fieldOf(name: string): string {
  return `equipage:checkpoint:${name}`
}
