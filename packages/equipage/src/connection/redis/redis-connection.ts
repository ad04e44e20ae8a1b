import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../log/index.ts'
import type { Connection, RunAttempt } from '../connection.ts'
import type { ClaimKeys } from './claims.ts'
import { probe, type RedisSettings } from './client.ts'
import { Producer } from './producer.ts'
import { RedisCarrier } from './redis-carrier.ts'
import type { Keep } from './redis-consumer.ts'
import { RedisTickMemory } from './redis-tick-memory.ts'

/** Jobs travel through BullMQ's queues in Redis, to workers on any machine. */
export function redisConnection(
  settings: RedisSettings & { keep: { completed: Keep; failed: Keep } },
  parts: { run: RunAttempt; log: Logger; clock: Clock },
): Connection {
  // No queue has an empty name, so these stand beside BullMQ's keys without meeting them.
  const key = (name: string) => `${settings.prefix}::schedules:${name}`
  const keys: ClaimKeys = {
    definitions: key('definitions'),
    anchors: key('anchors'),
    cursors: key('cursors'),
  }
  const producer = new Producer(settings, keys, parts.log)
  const carrier = new RedisCarrier(producer, { settings, keep: settings.keep, ...parts })
  let closing: Promise<void> | undefined
  return {
    name: 'redis',
    inline: false,
    carrier,
    ticks: new RedisTickMemory(producer, settings, keys, parts.clock),
    check: () => probe(settings),
    async stop() {
      closing ??= producer.close()
      await closing
      return { handedBack: 0 }
    },
  }
}
