export { Balancer } from './balancer.ts'
export { RunningJobs } from './running-jobs.ts'
export { type Child, Supervisor } from './supervisor.ts'
export { Worker, type WorkerEnd, type WorkerOptions } from './worker.ts'
