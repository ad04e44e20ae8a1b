export type { InQueue, ListOptions, QueuePause } from './managed-queue.ts'
export { Queue } from './queue.ts'
