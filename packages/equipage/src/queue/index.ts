export { type PushArguments, type PushOptions, Queue } from './queue.ts'
