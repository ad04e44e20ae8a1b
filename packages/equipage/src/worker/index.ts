export {
  GroupTending,
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
  memoryToldEveryMs,
} from './isolating/index.ts'
export { Balancer, type FromWorker, isStop, Supervisor } from './supervising/index.ts'
