import type { Connection, LedgerRetention } from '../connection/index.ts'
import type { Clock } from '../core/index.ts'
import { MemoryCarrier, type MemoryCarrierOptions } from './memory-carrier.ts'
import { MemoryGroups } from './memory-groups.ts'
import { MemoryQueueAdmin } from './memory-queue-admin.ts'
import { type MemoryStart, MemoryTickMemory } from './memory-tick-memory.ts'
import { MemoryWorkerRegistry } from './memory-worker-registry.ts'

export type { MemoryCarrier, MemoryPush } from './memory-carrier.ts'
export type { MemoryStart } from './memory-tick-memory.ts'

/** A connection whose pushes and ticks can be looked at. */
export interface MemoryConnection extends Connection {
  readonly carrier: MemoryCarrier
  readonly ticks: MemoryTickMemory
}

export interface MemoryConnectionOptions extends MemoryCarrierOptions {
  clock: Clock
  /** How much of the ledger is kept; all of it when left out. */
  ledger?: LedgerRetention | undefined
  /** Schedules that are there from the beginning. */
  start?: readonly MemoryStart[] | undefined
}

const everything: LedgerRetention = {
  ageMs: Number.POSITIVE_INFINITY,
  count: Number.POSITIVE_INFINITY,
}

/** Nothing leaves the process, and nothing outlives it: jobs are recorded and not run, ticks are remembered as everywhere. */
export function memoryConnection(options: MemoryConnectionOptions): MemoryConnection {
  const { clock, ledger: retention = everything, start } = options
  const carrier = new MemoryCarrier(clock, options)
  const groups = new MemoryGroups(clock)
  return {
    name: 'memory',
    inline: false,
    carrier,
    admin: new MemoryQueueAdmin(carrier, clock),
    groups,
    ticks: new MemoryTickMemory({ carrier, groups, retention, clock, start }),
    workers: new MemoryWorkerRegistry(clock),
    check: async () => undefined,
    stop: async () => ({ handedBack: 0 }),
  }
}
