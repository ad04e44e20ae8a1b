import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../log/index.ts'
import type { Connection, RunAttempt } from '../connection.ts'
import type { LedgerRetention } from '../tick-memory.ts'
import { probe, type RedisSettings } from './client.ts'
import { Producer } from './producer.ts'
import { RedisCarrier } from './redis-carrier.ts'
import type { Keep } from './redis-consumer.ts'
import { RedisTickMemory } from './redis-tick-memory.ts'
import { RedisWorkerBoard } from './redis-worker-board.ts'
import { scheduleKeys } from './schedule-keys.ts'

/** Jobs travel through BullMQ's queues in Redis, to workers on any machine. */
export function redisConnection(
  settings: RedisSettings & { keep: { completed: Keep; failed: Keep }; ledger: LedgerRetention },
  parts: { run: RunAttempt; log: Logger; clock: Clock },
): Connection {
  const { base } = scheduleKeys(settings.prefix)
  const claims = { base, prefix: settings.prefix, retention: settings.ledger }
  const producer = new Producer(settings, claims, parts.log)
  const carrier = new RedisCarrier(producer, { settings, keep: settings.keep, ...parts })
  let closing: Promise<void> | undefined
  return {
    name: 'redis',
    inline: false,
    carrier,
    ticks: new RedisTickMemory(producer, settings, claims, parts.clock),
    workers: new RedisWorkerBoard(producer, settings),
    check: () => probe(settings),
    async stop() {
      closing ??= producer.close()
      await closing
      return { handedBack: 0 }
    },
  }
}
