export {
  type DroppedEvent,
  deploymentOf,
  EquipageScheduler,
  endOfTime,
  runByHand,
  ScheduleHooks,
  type SchedulerDependencies,
  type TickEvent,
  type TickEvents,
  TickFiring,
  TickLoop,
  tickOfJob,
} from './firing/index.ts'
export { latestTick, systemZone, type Timing, type Zone, zoneNamed } from './timing/index.ts'
export {
  type Action,
  type Condition,
  type Moment,
  momentMs,
  Schedule,
  type SkipReason,
  stop,
  type TickContext,
  Timetable,
  zonedAt,
} from './writing/index.ts'
