export type { Attempt, EndedJob, Outcome, RunOutcome } from './attempt.ts'
export { AttemptRunner, type AttemptRunnerParts } from './attempt-runner.ts'
export type { BackoffChoice, BackoffFunction, BackoffOptions } from './backoff.ts'
export { type CarriedError, carriedError, revivedError } from './carried-error.ts'
export { type Checkpoints, MemoryCheckpoints, partPrefix } from './checkpoints.ts'
export type { JobContext, Progress, Register, RegisteredApp } from './context.ts'
export { type ChainDefinition, defineChain, firstJob } from './define-chain.ts'
export {
  defineGroup,
  type GroupDefinition,
  type GroupOfMembers,
  type GroupOptions,
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
export {
  completedKeptMs,
  failedKeptMs,
  type GroupMemory,
  type GroupStanding,
  type GroupState,
  type GroupStep,
  groupsLookedAt,
  type MemberEnd,
} from './group-memory.ts'
export { type GroupPlan, memberId, type PlannedJob, readEnd, readPlan } from './group-plan.ts'
export type { GroupRuns } from './group-runs.ts'
export { laterJobs } from './hand-over.ts'
export type { IsolatedCall, IsolatedRuns, IsolateOptions, Isolation } from './isolation.ts'
export type { AttemptEvent, ChainEvent, EndEvent, JobEvent, JobEvents } from './job-events.ts'
export { type Json, throughJson } from './json.ts'
export {
  type KeepLimits,
  type KeepOptions,
  type KeepRule,
  type KeepRules,
  readKeep,
  readKeepRule,
} from './keep.ts'
export type { JobMiddleware } from './middleware.ts'
export { checkName } from './names.ts'
export type { HandedOn, JobEnd, OnFailure } from './on-failure.ts'
export { type PayloadSchema, payloadData, readPayload } from './payload.ts'
export { callHere, type PerformParts } from './perform.ts'
export { tellPushed } from './push-event.ts'
export { guardOf, type PushGuard } from './push-guard.ts'
export { checkPushOptions, type PushArguments, type PushOptions } from './push-options.ts'
export {
  type PushRuleOptions,
  readPriority,
  type TimedOptions,
  type UniqueOptions,
} from './push-rules.ts'
export type { PayloadArgument, Pushable } from './pushable.ts'
export {
  type ChainStamp,
  type GroupPlace,
  type GroupStamp,
  type ParentStamp,
  type PushedJob,
  type Receipt,
  readStamp,
  refusedReceipt,
  type Stamp,
} from './pushed-job.ts'
export { type Definition, JobRegistry, jobsWithin } from './registry.ts'
export { readTags } from './tags.ts'
export { DoNotRetry, Release } from './thrown.ts'
export type { TickRuns } from './tick-runs.ts'
export { type JobTick, jobTick, type TickStamp } from './tick-stamp.ts'
