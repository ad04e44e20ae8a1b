export { Queue } from './queue.ts'
