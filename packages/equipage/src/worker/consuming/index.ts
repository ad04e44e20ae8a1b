export { GroupReaper } from './group-reaper.ts'
export { RunningJobs } from './running-jobs.ts'
export { Worker, type WorkerOptions } from './worker.ts'
export type { WorkerEnd, WorkerEvent, WorkerEvents } from './worker-events.ts'
