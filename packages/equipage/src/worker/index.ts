export {
  GroupReaper,
  RunningJobs,
  Worker,
  type WorkerEnd,
  type WorkerEvent,
  type WorkerEvents,
  type WorkerOptions,
} from './consuming/index.ts'
export {
  type HostedApplication,
  IsolatedHost,
  IsolatedProcesses,
  isolatedPatienceMs,
  memoryReportedEveryMs,
} from './isolating/index.ts'
export { Balancer, type FromWorker, isStop, Supervisor } from './supervising/index.ts'
