export type { EndedJob, FinalEnd, FollowedUp, RunOutcome } from './ended-job.ts'
export { type FollowUp, FollowUps } from './follow-ups.ts'
export { fanOutOf } from './group-fan-out.ts'
export {
  completedKeptMs,
  failedKeptMs,
  type GroupMemory,
  type GroupState,
  type GroupStatus,
  type GroupStep,
  groupsLookedAt,
  type MemberEnd,
} from './group-memory.ts'
export { type GroupPlan, memberId, type PlannedJob, readEnd, readPlan } from './group-plan.ts'
export { GroupRuns } from './group-runs.ts'
export { laterJobs, nextOfChain } from './hand-over.ts'
