import {
  byStart,
  type WorkerRegistry,
  type WorkerReport,
  workerLeaseMs,
} from '../worker-registry.ts'
import type { Producer } from './pushing/index.ts'

/**
 * KEYS: notices by id (a hash), ids by the end of their lease (a sorted set).
 * ARGV: lease in milliseconds, id, notice; without the last two nothing is posted.
 * Returns the notices of those alive.
 */
const boardScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))) do
  redis.call('HDEL', KEYS[1], id)
  redis.call('ZREM', KEYS[2], id)
end
if not ARGV[2] then return redis.call('HVALS', KEYS[1]) end
redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('ZADD', KEYS[2], now + ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
return {}
`

/** Notices in Redis, whose clock says whose lease is over. */
export class RedisWorkerRegistry implements WorkerRegistry {
  readonly #producer: Producer
  readonly #keys: readonly [reports: string, leases: string]

  constructor(producer: Producer, prefix: string) {
    this.#producer = producer
    // No queue has an empty name, so these stand beside BullMQ's keys without meeting them.
    const base = `${prefix}::workers:`
    this.#keys = [`${base}notices`, `${base}leases`]
  }

  async report(report: WorkerReport): Promise<void> {
    await this.#script(workerLeaseMs, report.id, JSON.stringify(report))
  }

  async remove(id: string): Promise<void> {
    const [reports, leases] = this.#keys
    await this.#producer.ask(client => client.multi().hdel(reports, id).zrem(leases, id).exec())
  }

  async reports(): Promise<WorkerReport[]> {
    const found = await this.#script(workerLeaseMs)
    return found.map(text => JSON.parse(text) as WorkerReport).sort(byStart)
  }

  #script(...args: (string | number)[]): Promise<string[]> {
    return this.#producer.ask(
      client => client.eval(boardScript, 2, ...this.#keys, ...args) as Promise<string[]>,
    )
  }
}
