export type {
  Carrier,
  ClaimAnswer,
  Connection,
  ConsumeOptions,
  Consumer,
  HandedBack,
  QueueCounts,
  RunAttempt,
  ScheduleEntry,
  ScheduleState,
  TickClaim,
  TickMemory,
} from './connection.ts'
