export { type Attempt, AttemptRunner, type Outcome } from './attempt.ts'
export type { BackoffOptions } from './backoff.ts'
export type { JobContext, Progress, Register, RegisteredApp } from './context.ts'
export { type ChainDefinition, defineChain, firstJob } from './define-chain.ts'
export {
  checkName,
  defineJob,
  type JobDefinition,
  type JobOptions,
  type NoPayload,
} from './define-job.ts'
export { laterJobs } from './hand-over.ts'
export { type Json, throughJson } from './json.ts'
export { type PayloadSchema, payloadData } from './payload.ts'
export type { PushArguments, PushOptions } from './push-options.ts'
export type { PayloadArgument, Pushable } from './pushable.ts'
export {
  type ChainStamp,
  type PushedJob,
  type Receipt,
  readStamp,
  type Stamp,
} from './pushed-job.ts'
export { JobRegistry } from './registry.ts'
export type { RunOutcome, TickRuns } from './tick-runs.ts'
export { type JobTick, jobTick, type TickStamp } from './tick-stamp.ts'
