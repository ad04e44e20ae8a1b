export type {
  Carrier,
  ClaimAnswer,
  Connection,
  ConsumeOptions,
  Consumer,
  QueueCounts,
  RunAttempt,
  ScheduleEntry,
  ScheduleState,
  TickClaim,
  TickMemory,
} from './connection.ts'
