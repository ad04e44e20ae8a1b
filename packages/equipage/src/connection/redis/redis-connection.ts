import type { Clock, EventSink } from '../../core/index.ts'
import type { JobEvents } from '../../job/index.ts'
import type { Logger } from '../../log/index.ts'
import type { Connection, FollowLost, LimitsOf, RunAttempt } from '../connection.ts'
import type { LedgerRetention } from '../tick-memory.ts'
import { type KeepDefaults, Producer, scheduleKeys } from './pushing/index.ts'
import { RedisCarrier } from './redis-carrier.ts'
import { RedisGroups } from './redis-groups.ts'
import { RedisQueueAdmin } from './redis-queue-admin.ts'
import { RedisTickMemory } from './redis-tick-memory.ts'
import { RedisWorkerRegistry } from './redis-worker-registry.ts'
import { checkServer, hashTagged, type RedisSettings } from './server/index.ts'

/**
 * Jobs travel through BullMQ's queues in Redis, to workers on any machine.
 * @throws E_REDIS_FILE
 */
export function redisConnection(
  given: RedisSettings & {
    keep: KeepDefaults
    /** How long a worker may be silent before its jobs run elsewhere; 30 seconds when left out. */
    lockMs?: number
    ledger: LedgerRetention
  },
  dependencies: {
    run: RunAttempt
    lost?: FollowLost
    limitsOf?: LimitsOf
    log: Logger
    clock: Clock
    events?: EventSink<JobEvents> | undefined
  },
): Connection {
  const settings = given.cluster ? { ...given, prefix: hashTagged(given.prefix) } : given
  const { base } = scheduleKeys(settings.prefix)
  const claims = { base, prefix: settings.prefix, retention: settings.ledger }
  const { keep, lockMs = 30_000 } = settings
  const producer = new Producer(settings, claims, dependencies.log, dependencies.clock)
  const carrier = new RedisCarrier(producer, { settings, keep, lockMs, ...dependencies })
  let closing: Promise<void> | undefined
  return {
    name: 'redis',
    inline: false,
    carrier,
    admin: new RedisQueueAdmin(producer, settings),
    ticks: new RedisTickMemory(producer, claims, dependencies.clock),
    groups: new RedisGroups(producer, settings.prefix),
    check: () => checkServer(settings, dependencies.log),
    workers: new RedisWorkerRegistry(producer, settings.prefix),
    async stop() {
      closing ??= producer.close()
      await closing
      return { handedBack: 0 }
    },
  }
}
