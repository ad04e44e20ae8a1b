export { Balancer } from './balancer.ts'
export { type FromWorker, isStop } from './process-messages.ts'
export { Supervisor } from './supervisor.ts'
