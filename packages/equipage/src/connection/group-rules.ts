import type { Json } from '../core/index.ts'
import type { GroupStatus, GroupStep, JobEnd, MemberEnd } from '../job/index.ts'

/** Numbers of a group that is under way. */
export interface GroupCounts {
  readonly state: GroupStatus
  /** Members that have not ended. */
  readonly left: number
  /** Members whose failure the group fails with. */
  readonly broken: number
  /** Bytes of the results so far. */
  readonly bytes: number
  readonly hasFinally: boolean
  readonly finallyPushed: boolean
}

/** The end of a member that was taken down. */
export interface AcceptedEnd {
  readonly end: JobEnd<Json>
  readonly breaks: boolean
}

/** The state that a group begins in: one without members has nothing to wait for. */
export function firstState(members: number, hasFinally: boolean): GroupStatus {
  if (members > 0) return 'open'
  return hasFinally ? 'ready' : 'completed'
}

/**
 * What the end of a member changes.
 * @param former how it had ended before
 * @returns undefined when that stays
 */
export function acceptEnd(
  counts: GroupCounts,
  { end, breaks, limitBytes, tooLarge }: MemberEnd,
  former: AcceptedEnd | undefined,
): { kept: AcceptedEnd; counts: GroupCounts } | undefined {
  if (former && (former.end.state === 'completed' || end.state === 'failed')) return undefined
  let kept: AcceptedEnd = { end, breaks }
  let { bytes } = counts
  if (end.state === 'completed' && !counts.hasFinally)
    kept = { end: { ...end, result: null }, breaks }
  else if (end.state === 'completed') {
    const more = Buffer.byteLength(JSON.stringify(end))
    if (limitBytes !== undefined && bytes + more > limitBytes)
      kept = { end: tooLarge, breaks: true }
    else bytes += more
  }
  const left = counts.left - (former ? 0 : 1)
  const broken = counts.broken + Number(kept.breaks) - Number(former?.breaks ?? false)
  return { kept, counts: { ...counts, left, broken, bytes } }
}

/** What follows when a member's end was taken down; a state is the group's new one. */
export function stepAfter({
  state,
  left,
  broken,
  hasFinally,
  finallyPushed,
}: GroupCounts): GroupStep {
  if (state === 'completed') return 'over'
  if (left > 0) return 'open'
  if (broken > 0) return state === 'failed' ? 'over' : 'failed'
  if (!hasFinally) return 'completed'
  return finallyPushed ? 'over' : 'ready'
}

/** Whether a group that is in a state can end in another. */
export function mayClose(state: GroupStatus, end: 'completed' | 'failed'): boolean {
  return state !== 'completed' && state !== end
}
