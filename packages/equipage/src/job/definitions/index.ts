export {
  type BackoffChoice,
  type BackoffFunction,
  type BackoffOptions,
  backoffMs,
} from './backoff.ts'
export type { JobContext, Progress, Register, RegisteredApp } from './context.ts'
export { type ChainDefinition, type ChainLink, defineChain, firstJob } from './define-chain.ts'
export {
  defineGroup,
  type GroupDefinition,
  type GroupOfMembers,
  type GroupOptions,
  type GroupSlot,
} from './define-group.ts'
export {
  defineJob,
  type JobDefinition,
  type JobOptions,
  type NoPayload,
  unlimitedAttempts,
} from './define-job.ts'
export {
  defineQueue,
  type QueueDefinition,
  type QueueLimits,
  type QueueOptions,
  unlimited,
} from './define-queue.ts'
export type { IsolateOptions, Isolation } from './isolation.ts'
export {
  type AttemptEvent,
  type ChainEvent,
  type EndEvent,
  emitPushed,
  type JobEvent,
  type JobEvents,
} from './job-events.ts'
export { type JobMiddleware, throughMiddleware } from './middleware.ts'
export { type Definition, JobRegistry, jobsWithin } from './registry.ts'
