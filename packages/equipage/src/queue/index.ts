export { Queue } from './queue.ts'
export type { InQueue, ListOptions, QueuePause } from './tended-queue.ts'
