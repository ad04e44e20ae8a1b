export type { FinalEnd } from './final-end.ts'
export { FollowUps } from './follow-ups.ts'
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
export { GroupRuns } from './group-runs.ts'
export { spreadOf } from './group-spread.ts'
export { laterJobs, nextOfChain } from './hand-over.ts'
