import { frameworkConfig } from 'equipage/config'

/** What carries jobs, and the workers: QUEUE_CONNECTION, REDIS_*, QUEUE_KEEP_*, WORKER_*. */
export const queue = { ...frameworkConfig.queue }
