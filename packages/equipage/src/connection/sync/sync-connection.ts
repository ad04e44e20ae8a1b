import type { Clock, HandedBack } from '../../core/index.ts'
import type { Logger } from '../../log/index.ts'
import type { Connection, LimitsOf, RunAttempt } from '../connection.ts'
import type { LedgerRetention } from '../tick-memory.ts'
import {
  InlineRuns,
  JobLeases,
  KeptJobs,
  PausedQueues,
  type Retention,
  SyncCarrier,
  SyncCheckpoints,
  SyncGroups,
  SyncQueueAdmin,
} from './jobs/index.ts'
import { StateFile } from './state/index.ts'
import { SyncWorkerRegistry } from './sync-worker-registry.ts'
import { SyncTickMemory } from './ticks/index.ts'

export interface SyncSettings {
  /** The SQLite file of what has to be kept; absolute. */
  file: string
  keepFailed: Retention
  /** How long a process that runs kept jobs may be silent before they run elsewhere; 30 seconds when left out. */
  lockMs?: number
  ledger: LedgerRetention
}

/** Jobs run in the process that pushes them; what has to wait is kept in a file. */
export function syncConnection(
  settings: SyncSettings,
  dependencies: { run: RunAttempt; limitsOf?: LimitsOf; log: Logger; clock: Clock },
): Connection {
  const { run, log, clock } = dependencies
  const file = new StateFile(settings.file)
  const jobs = new KeptJobs(file, settings.keepFailed, clock)
  const leases = new JobLeases(file, settings.lockMs ?? 30_000, clock, dependencies.limitsOf)
  const runs = new InlineRuns(run, leases, clock)
  const paused = new PausedQueues(file, clock)
  const carrier = new SyncCarrier({
    checkpoints: new SyncCheckpoints(file, clock),
    jobs,
    leases,
    runs,
    paused,
    log,
    clock,
  })
  let stopping: Promise<HandedBack> | undefined
  const stop = async (graceMs: number) => {
    const handedBack = await runs.drain(graceMs)
    await file.close()
    return handedBack
  }
  return {
    name: 'sync',
    inline: true,
    carrier,
    admin: new SyncQueueAdmin({ file, paused, runs, wake: () => carrier.wake(), clock }),
    ticks: new SyncTickMemory({
      file,
      leases,
      pushed: (job, id, admission) => carrier.pushed(job, id, admission),
      retention: settings.ledger,
      clock,
    }),
    workers: new SyncWorkerRegistry(file, clock),
    groups: new SyncGroups(file, clock),
    check: async () => void (await file.tables()),
    stop: graceMs => {
      stopping ??= stop(graceMs)
      return stopping
    },
  }
}
