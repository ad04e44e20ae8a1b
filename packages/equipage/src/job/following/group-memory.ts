import type { Json } from '../../core/index.ts'
import type { JobEnd } from '../pushing/index.ts'
import type { GroupPlan } from './group-plan.ts'

/**
 * Where a run of a group stands.
 *
 * | state | entered | left |
 * |---|---|---|
 * | `open` | when it is spread | when the last of its members has ended |
 * | `ready` | when all have ended, and it has a last job | when that one has ended |
 * | `completed` | when its last job has completed, or all members of one without have ended well | never |
 * | `failed` | when all have ended, and one of them failed that may not; when its last job failed, or could not be made | when the job at fault was retried, and completed |
 */
export type GroupStatus = 'open' | 'ready' | 'completed' | 'failed'

/**
 * What follows the end of a member: `open`: others still run. `ready`: the last job is to be pushed.
 * `completed`, `failed`: that has ended the group. `over`: there is nothing to do, since it had ended
 * before, or its last job is there. `missing`: no such group is known.
 */
export type GroupStep = GroupStatus | 'over' | 'missing'

/** How a member ended. */
export interface MemberEnd {
  readonly end: JobEnd<Json>
  /** Whether the group fails with it. */
  readonly breaks: boolean
  /** The most that all results of the group may take as JSON; any number when left out. */
  readonly limitBytes?: number | undefined
  /** What is kept in its place, and breaks the group, when its result goes beyond that. */
  readonly tooLarge: JobEnd<never>
}

export interface GroupState {
  readonly plan: GroupPlan
  readonly state: GroupStatus
  /** The places of the members that have ended. */
  readonly ended: ReadonlySet<number>
  /** Whether its last job was pushed. */
  readonly finallyPushed: boolean
  /** When all its members had ended, epoch milliseconds; null before. */
  readonly readyAt: number | null
}

/** How long after its end a group that completed is known, in milliseconds: what runs twice finds that it is over. */
export const completedKeptMs = 3_600_000

/** How long after its end a group that failed is known, in milliseconds: a job of it that is retried goes on with it. */
export const failedKeptMs = 86_400_000

/** How many groups are looked at in one round. */
export const groupsLookedAt = 1_000

/**
 * What a connection remembers of the groups that are under way. Each call is one step: it happens as
 * a whole or not at all, and may be made again. Every call throws E_CONNECTION_AWAY.
 */
export interface GroupMemory {
  /**
   * Remembers a group; one that is known already stays as it is.
   * @returns where it stands
   */
  open(id: string, plan: GroupPlan): Promise<Pick<GroupState, 'state' | 'ended'>>
  /**
   * A member has finally ended. The first end of a place counts, unless it had failed and has now
   * completed, after a retry.
   */
  end(id: string, index: number, end: MemberEnd): Promise<GroupStep>
  /** Where a group stands; undefined when none of that id is known, or nothing but that it completed. */
  state(id: string): Promise<GroupState | undefined>
  /** How its members ended, by their places. */
  ends(id: string): Promise<ReadonlyMap<number, JobEnd<Json>>>
  /** Its last job is in its queue. */
  finallyPushed(id: string): Promise<void>
  /**
   * The group has ended; what was kept of a completed one is dropped.
   * @returns whether it had not ended so before
   */
  close(id: string, state: 'completed' | 'failed'): Promise<boolean>
  /**
   * The groups that have not ended, those first that were not looked at for the longest time, a
   * thousand at most; none when somebody else has asked within the last `everyMs` milliseconds. A
   * connection that stays on one machine may answer each time.
   */
  unfinished(everyMs: number): Promise<readonly string[]>
}
