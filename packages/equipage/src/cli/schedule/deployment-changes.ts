import { keepsPlace, type ScheduleEntry, timingOf } from '../../connection/index.ts'

/**
 * What registering a release does to a schedule.
 *
 * | change | when | anchor and cursor |
 * |---|---|---|
 * | add | it is new | become now |
 * | timing | its timing changed | become now |
 * | action | only its action or its policies changed | are kept |
 * | leave | it is the same | are kept |
 * | remove | the code does not have it | are forgotten |
 */
export type ChangeKind = 'add' | 'timing' | 'action' | 'leave' | 'remove'

export interface DeploymentChange {
  readonly name: string
  readonly change: ChangeKind
  /** The timing's text as it is registered; null when it is new. */
  readonly before: string | null
  /** The timing's text in the code; null when it is not there. */
  readonly after: string | null
}

/** @returns what is in the code, in its order, then what is to be removed */
export function deploymentChanges(
  entries: readonly ScheduleEntry[],
  stored: readonly ScheduleEntry[],
): DeploymentChange[] {
  const known = new Map(stored.map(one => [one.name, one]))
  const changes = entries.map((entry): DeploymentChange => {
    const before = known.get(entry.name)
    known.delete(entry.name)
    return {
      name: entry.name,
      change: changeOf(entry, before),
      before: before ? timingOf(before.definition) : null,
      after: timingOf(entry.definition),
    }
  })
  const gone = [...known.values()].map(({ name, definition }): DeploymentChange => {
    return { name, change: 'remove', before: timingOf(definition), after: null }
  })
  return [...changes, ...gone]
}

function changeOf(entry: ScheduleEntry, before: ScheduleEntry | undefined): ChangeKind {
  if (!before) return 'add'
  if (before.definition === entry.definition) return 'leave'
  return keepsPlace(before, entry) ? 'action' : 'timing'
}
