import { EquipageError, type Json } from '../../core/index.ts'
import type { GroupDefinition } from '../definitions/index.ts'
import { handedOn, type JobEnd } from '../pushing/index.ts'
import type { GroupPlan } from './group-plan.ts'

/**
 * What a group's last job is made of: its members' results by their keys, lists for lists.
 * @throws E_GROUP_CHANGED when the definition has other members than the run
 */
export function resultsOf(
  group: GroupDefinition,
  plan: GroupPlan,
  ends: ReadonlyMap<number, JobEnd<Json>>,
): Record<string, unknown> {
  const form = (slots: GroupPlan['slots']) =>
    JSON.stringify(slots.map(({ key, list, onFailure }) => [key, list, onFailure]).sort())
  if (form(group.slots) !== form(plan.slots) || group.finally?.job.name !== plan.finally?.job) {
    throw new EquipageError('E_GROUP_CHANGED', { group: plan.name })
  }
  const results: Record<string, unknown> = {}
  for (const { key, list } of plan.slots) if (list) results[key] = []
  for (const [index, { slot }] of plan.members.entries()) {
    const planned = plan.slots[slot]
    const end = ends.get(index)
    if (!planned || !end) throw new EquipageError('E_GROUP_CHANGED', { group: plan.name })
    const result = handedOn(end, planned.onFailure)
    const { [planned.key]: known } = results
    if (planned.list && Array.isArray(known)) known.push(result)
    else results[planned.key] = result
  }
  return results
}

/** Why a group has failed whose members have all ended. */
export function failureOf(
  plan: GroupPlan,
  ends: ReadonlyMap<number, JobEnd<Json>>,
): EquipageError<'E_GROUP_FAILED'> {
  const failures = plan.members.flatMap(({ slot, job }, index) => {
    const end = ends.get(index)
    const planned = plan.slots[slot]
    if (end?.state !== 'failed' || planned?.onFailure === 'continue') return []
    return [{ key: planned?.key ?? '', job, reason: end.error.message }]
  })
  const [first = { key: '', job: '', reason: 'what it gave was too large' }] = failures
  const counts = { failed: failures.length, members: plan.members.length }
  return new EquipageError('E_GROUP_FAILED', { group: plan.name, ...counts, ...first })
}
