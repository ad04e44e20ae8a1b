export { type AppEvents, type AppOptions, Equipage } from './app/index.ts'
export type { Cleared, JobState, QueueCounts, StoredJob } from './connection/index.ts'
export { type Clock, systemClock, type Timer } from './core/clock.ts'
export type { Duration } from './core/durations.ts'
export { EquipageError, type ErrorCode, isEquipageError } from './core/errors.ts'
export type { EventSource } from './core/events.ts'
export type { Database, DatabaseSettings, Migrations } from './database/index.ts'
export {
  type AttemptEvent,
  type BackoffChoice,
  type BackoffFunction,
  type BackoffOptions,
  type ChainDefinition,
  type ChainEvent,
  DoNotRetry,
  defineChain,
  defineGroup,
  defineJob,
  defineQueue,
  type EndEvent,
  type GroupDefinition,
  type GroupOfMembers,
  type GroupOptions,
  type HandedOn,
  type IsolateOptions,
  type JobContext,
  type JobDefinition,
  type JobEnd,
  type JobEvent,
  type JobEvents,
  type JobMiddleware,
  type JobOptions,
  type JobTick,
  type Json,
  type KeepLimits,
  type KeepOptions,
  type OnFailure,
  type ParentStamp,
  type Progress,
  type PushOptions,
  type PushRuleOptions,
  type QueueDefinition,
  type QueueLimits,
  type QueueOptions,
  type Receipt,
  type Register,
  Release,
  type RunOutcome,
  type TickStamp,
  type TimedOptions,
  type UniqueOptions,
} from './job/index.ts'
export type { Logger } from './log/index.ts'
export { type InQueue, type ListOptions, Queue, type QueuePause } from './queue/index.ts'
export {
  type DroppedEvent,
  EquipageScheduler,
  Schedule,
  type SkipReason,
  stop,
  type TickContext,
  type TickEvent,
  type TickEvents,
  Timetable,
} from './schedule/index.ts'
export {
  Worker,
  type WorkerEnd,
  type WorkerEvent,
  type WorkerEvents,
  type WorkerOptions,
} from './worker/index.ts'
