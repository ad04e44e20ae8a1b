export { type AppOptions, Equipage } from './app/index.ts'
export type { QueueCounts } from './connection/index.ts'
export { type Clock, systemClock, type Timer } from './core/clock.ts'
export type { Duration } from './core/durations.ts'
export { EquipageError, type ErrorCode, isEquipageError } from './core/errors.ts'
export { Database, type DatabaseSettings, type Migrations, openDatabase } from './database/index.ts'
export {
  type BackoffOptions,
  type ChainDefinition,
  defineChain,
  defineJob,
  type JobContext,
  type JobDefinition,
  type JobOptions,
  type JobTick,
  type Json,
  type Progress,
  type PushOptions,
  type Receipt,
  type Register,
  type RunOutcome,
  type TickStamp,
} from './job/index.ts'
export type { Logger } from './log/index.ts'
export { Queue } from './queue/index.ts'
export {
  EquipageScheduler,
  Schedule,
  type SkipReason,
  stop,
  type TickContext,
  Timetable,
} from './schedule/index.ts'
export { Worker, type WorkerOptions } from './worker/index.ts'
